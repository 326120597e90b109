// The same tiles made in the browser from features inside the file: for maps that must work with no server.

import { boxesMeet, boxOf, ringArea, worldShapes } from "./geometry.js";

const EXTENT = 4096;
const MARGIN = 64;

// collections: { layer name: FeatureCollection }; props(layer, feature) answers the tile properties.
export function localLoader(collections, props) {
  const layers = {};
  for (const [name, collection] of Object.entries(collections)) {
    const features = (collection && collection.features) || [];
    layers[name] = features.map((feature, i) => worldFeature(feature, i, props(name, feature))).filter(Boolean);
  }
  return async (z, x, y) => cutTile(layers, z, x, y);
}

function worldFeature(feature, i, props) {
  const shapes = worldShapes(feature.geometry);
  const rings = [...shapes.polygons.flatMap(wound), ...shapes.lines, ...shapes.points];
  if (!rings.length) return null;
  return { id: feature.id ?? i + 1, props, rings, box: boxOf(rings), isLine: !shapes.polygons.length && shapes.lines.length > 0 };
}

// Outer rings one way round, holes the other, as the drawing's winding rule needs.
function wound(polygon) {
  return polygon.map((ring, i) => (ringArea(ring) > 0 === (i === 0) ? ring : reversed(ring)));
}

function reversed(ring) {
  const turned = [];
  for (let i = ring.length - 2; i >= 0; i -= 2) turned.push(ring[i], ring[i + 1]);
  return turned;
}

function cutTile(layers, z, x, y) {
  const count = 2 ** z;
  const margin = MARGIN / EXTENT;
  const window = [(x - margin) / count, (y - margin) / count, (x + 1 + margin) / count, (y + 1 + margin) / count];
  const tile = { z, x, y, layers: {} };
  for (const [name, features] of Object.entries(layers)) {
    tile.layers[name] = features.filter((f) => boxesMeet(f.box, window)).map((f) => placed(f, count, x, y));
  }
  return tile;
}

function placed(feature, count, x, y) {
  const rings = feature.rings.map((ring) => {
    const flat = new Float32Array(ring.length);
    for (let i = 0; i < ring.length; i += 2) {
      flat[i] = (ring[i] * count - x) * EXTENT;
      flat[i + 1] = (ring[i + 1] * count - y) * EXTENT;
    }
    return flat;
  });
  return { id: feature.id, props: feature.props, rings, box: boxOf(rings), isLine: feature.isLine, whole: true };
}
