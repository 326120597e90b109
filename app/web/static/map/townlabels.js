// What the town's own labels say and how important each is: buildings, roads, water, green.

import { GREEN_LABEL, INK, ROADS, ROAD_LABEL, WATER } from "./style.js";
import { innerPoint } from "./geometry.js";
import { measuredLine } from "./labels.js";
import { isPoint, worldPoint } from "./tiles.js";
import { sorted } from "./backdrop.js";

export function buildingWriter(buildings) {
  return (view) => {
    if (view.zoom < 16) return [];
    const wishes = [];
    for (const { tile, feature } of buildings.inView().values()) {
      const scale = view.world / 2 ** tile.z / 4096;
      const room = [(feature.box[2] - feature.box[0]) * scale, (feature.box[3] - feature.box[1]) * scale];
      const wish = buildingWish(buildings, view, tile, feature, room);
      if (wish) wishes.push(wish);
    }
    return wishes;
  };
}

function buildingWish(buildings, view, tile, feature, room) {
  const entry = buildings.groups.get(buildings.groupOf(feature));
  const name = view.zoom >= 17 ? feature.props.n || "" : "";
  const mark = entry && entry.mark ? entry.mark : "";
  if (!name && !mark) return null;
  const [x, y] = view.at(...worldPoint(tile, ...(feature.inner ??= innerPoint(feature.rings, feature.box))));
  const size = view.zoom >= 18 ? 13 : 11.5;
  const lines = [];
  if (name) lines.push({ text: name, size, weight: 500, colour: INK, haloWidth: 3 });
  // The zone's number on the building: colour is never the only sign.
  if (mark && (!name || isPoint(feature) || room[1] > size * 2.7)) {
    lines.push({ text: mark, size: size - (name ? 1 : 0), weight: 700, colour: entry.stroke, haloWidth: 3 });
  }
  const rank = 100 + Math.min(99, Math.sqrt(room[0] * room[1]));
  // Under the mark of a point there is room wherever nothing else is written.
  if (isPoint(feature)) return { text: name || mark, lines, x, y: y + 6 + size * 0.64 * lines.length, rank };
  const loose = [room[0] + 14, room[1] + 10];
  return { text: name || mark, lines, x, y, rank, room: loose };
}

export function groundWriter(backdrop) {
  return (view) => {
    if (!backdrop.layer._map) return [];
    const wishes = [];
    for (const tile of backdrop.layer.tilesInView()) {
      if (view.zoom >= 12) roadWishes(view, tile, wishes);
      surfaceWishes(view, tile, "water", wishes);
      if (view.zoom >= 14) surfaceWishes(view, tile, "green", wishes);
    }
    return wishes;
  };
}

function roadWishes(view, tile, wishes) {
  for (const [kind, features] of sorted(tile, "road")) {
    const look = ROADS[kind];
    if (!look || !look.label || view.zoom < look.label) continue;
    for (const feature of features) {
      if (!feature.props.n) continue;
      for (const ring of feature.rings) {
        const line = measuredLine(layerPoints(view, tile, ring));
        if (line.length.total < 40) continue;
        const size = look.order >= 4 ? 12.5 : 11.5;
        wishes.push({
          text: feature.props.n,
          line,
          size,
          weight: look.order >= 5 ? 600 : 500,
          colour: ROAD_LABEL,
          spacing: view.zoom >= 15 ? 4 : 1,
          apart: 420,
          // Names of small roads give way to the buildings beside them.
          rank: (look.order >= 3 ? 300 + look.order * 40 : 60 + look.order * 5) + Math.min(30, line.length.total / 20),
        });
      }
    }
  }
}

// Long water carries its name along its course when it is wide enough, else at its middle.
function surfaceWishes(view, tile, layer, wishes) {
  const scale = view.world / 2 ** tile.z / 4096;
  for (const feature of tile.layers[layer] || []) {
    const name = feature.props.n;
    if (!name) continue;
    const [x0, y0, x1, y1] = clippedBox(feature.box);
    const room = [(x1 - x0) * scale, (y1 - y0) * scale];
    if (room[0] < 26 || room[1] < 14 || (layer === "green" && !worthNaming(feature.props.k, room, view.zoom))) continue;
    const inner = (feature.middle ??= innerPoint(feature.rings, [x0, y0, x1, y1]));
    const [x, y] = view.at(...worldPoint(tile, ...inner));
    const size = layer === "green" ? 11.5 : room[0] > 200 && room[1] > 90 ? 17 : 13;
    const colour = layer === "water" ? WATER.label : GREEN_LABEL;
    const halo = layer === "water" ? "rgba(214,232,243,0.95)" : "rgba(244,248,236,0.95)";
    const text = layer === "water" && room[0] > 160 ? [...name].join("\u2002") : name;
    const wish = { text, lines: [{ text, size, weight: 500, italic: layer === "water", colour, halo }], x, y };
    wishes.push({ ...wish, once: `${layer} ${name}`, rank: (layer === "water" ? 520 : 280) + Math.min(60, room[0] / 8) });
  }
}

// Parks early, the small green between houses only when there is room for it.
function worthNaming(kind, [width, height], zoom) {
  if (kind === "park") return zoom >= 15 || width * height > 2600;
  return zoom >= 17 && width > 70;
}

const clippedBox = (b) => [Math.max(0, b[0]), Math.max(0, b[1]), Math.min(4096, b[2]), Math.min(4096, b[3])];

function layerPoints(view, tile, ring) {
  const points = [];
  for (let i = 0; i < ring.length; i += 2) points.push(...view.at(...worldPoint(tile, ring[i], ring[i + 1])));
  return points;
}
