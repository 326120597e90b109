// Vector tiles from the server -> the plain shape that drawing and hit tests use.

import { PbfReader } from "pbf";
import { VectorTile } from "@mapbox/vector-tile";
import { fetchTile } from "./store.js";
import { boxOf } from "./geometry.js";

export const EXTENT = 4096;

// template holds {z} {x} {y}
export function remoteLoader(template) {
  const source = { template };
  const load = async (z, x, y, signal) => {
    const url = source.template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    const bytes = await fetchTile(url, signal);
    return decoded(bytes, z, x, y);
  };
  return { source, load };
}

function decoded(bytes, z, x, y) {
  const tile = { z, x, y, layers: {} };
  if (!bytes || !bytes.byteLength) return tile;
  const layers = new VectorTile(new PbfReader(new Uint8Array(bytes))).layers;
  for (const name of Object.keys(layers)) {
    const layer = layers[name];
    const features = [];
    for (let i = 0; i < layer.length; i += 1) features.push(plainFeature(layer.feature(i), EXTENT / layer.extent));
    tile.layers[name] = features;
  }
  return tile;
}

function plainFeature(feature, scale) {
  const rings = feature.loadGeometry().map((points) => {
    const flat = new Float32Array(points.length * 2);
    for (let i = 0; i < points.length; i += 1) {
      flat[2 * i] = points[i].x * scale;
      flat[2 * i + 1] = points[i].y * scale;
    }
    return flat;
  });
  return { id: feature.id, props: feature.properties, rings, box: boxOf(rings), isLine: feature.type === 2 };
}
