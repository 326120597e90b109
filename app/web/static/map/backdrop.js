// Draws the ground: green, water, roads with casings, in the order a cartographer would ink them.

import { COURSES, GREEN, ROADS, WATER, widthAt } from "./style.js";
import { CanvasTiles, pathOf } from "./tiles.js";

const ORDERED = Object.entries(ROADS).sort((a, b) => a[1].order - b[1].order);

export class Backdrop {
  constructor(store, facts) {
    this.layer = new CanvasTiles(store, this, {
      pane: "wardmap-backdrop",
      minZoom: facts.backdropFromZoom,
      lastZoom: facts.lastZoom,
    });
  }

  paint(ctx, view) {
    const px = 1 / view.scale;
    ctx.lineJoin = "round";
    ctx.lineCap = "round";
    this.paintGreen(ctx, view);
    this.paintWater(ctx, view, px);
    this.paintRoads(ctx, view, px);
  }

  paintGreen(ctx, view) {
    for (const [kind, features] of sorted(view.tile, "green")) {
      ctx.fillStyle = GREEN[kind] || GREEN.other;
      ctx.fill(pathOf(features, true, { window: view.window }));
    }
  }

  paintWater(ctx, view, px) {
    const all = view.tile.layers.water || [];
    this.paintCourses(ctx, view, all.filter((feature) => feature.isLine), px);
    const features = all.filter((feature) => !feature.isLine);
    if (!features.length) return;
    const path = pathOf(features, true, { window: view.window });
    ctx.fillStyle = WATER.fill;
    ctx.fill(path);
    ctx.save();
    ctx.clip(path);
    // A darker shore inside the edge; a line on the edge would draw the tile's own cut as well.
    ctx.strokeStyle = WATER.stroke;
    ctx.globalAlpha = 0.8;
    ctx.lineWidth = (view.zoom >= 15 ? 2.4 : 1.4) * px;
    ctx.stroke(path);
    ctx.restore();
  }

  paintCourses(ctx, view, courses, px) {
    for (const kind of Object.keys(COURSES)) {
      const features = courses.filter((feature) => (feature.props.k in COURSES ? feature.props.k : "other") === kind);
      if (!features.length) continue;
      ctx.strokeStyle = view.zoom >= 15 ? WATER.fill : WATER.stroke;
      ctx.lineWidth = widthAt(COURSES[kind], view.zoom) * px;
      ctx.stroke(pathOf(features, false, { window: view.window }));
    }
  }

  paintRoads(ctx, view, px) {
    const roads = sorted(view.tile, "road");
    const shown = ORDERED.filter(([kind, look]) => roads.has(kind) && view.zoom >= look.from).map(([kind, look]) => ({
      look,
      path: pathOf(roads.get(kind), false, { window: view.window }),
      width: widthAt(look.widths, view.zoom),
    }));
    for (const { look, path, width } of shown) {
      if (!look.casing) continue;
      ctx.strokeStyle = look.casing;
      ctx.lineWidth = (width + (view.zoom >= 16 ? 2.2 : 1.4)) * px;
      ctx.stroke(path);
    }
    for (const road of shown) this.paintRoad(ctx, road, px);
  }

  paintRoad(ctx, { look, path, width }, px) {
    ctx.strokeStyle = look.fill;
    ctx.lineWidth = width * px;
    if (look.dash) ctx.setLineDash(look.dash.map((d) => d * px));
    ctx.stroke(path);
    if (look.rail) {
      ctx.lineCap = "butt";
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = Math.max(0.6, width - 1.4) * px;
      ctx.setLineDash([7 * px, 7 * px]);
      ctx.stroke(path);
      ctx.lineCap = "round";
    }
    ctx.setLineDash([]);
  }
}

export function sorted(tile, layer) {
  if (!tile.sorted) tile.sorted = {};
  if (!tile.sorted[layer]) {
    const kinds = new Map();
    for (const feature of tile.layers[layer] || []) {
      const kind = feature.props.k || "other";
      if (kinds.has(kind)) kinds.get(kind).push(feature);
      else kinds.set(kind, [feature]);
    }
    tile.sorted[layer] = kinds;
  }
  return tile.sorted[layer];
}
