// Draws buildings: one path per group and tile, so that a hundred thousand stay fast without a graphics card.

import { BUILDING, INK, MARKER, mixed, patternFill } from "./style.js";
import { distanceToRings, innerPoint, ringsContain } from "./geometry.js";
import { CanvasTiles, EXTENT, isPoint, pathOf, pointRadius, worldBox, worldPoint } from "./tiles.js";

const NONE = 0;

export class Buildings {
  constructor(store, facts) {
    this.groups = new Map(facts.groups.map((entry) => [entry.group, entry]));
    this.override = new Map(); // building id -> group, set before the server's tiles say so
    this.selected = new Set();
    this.round = 0; // goes up when paths must be sorted into groups again
    this.layer = new CanvasTiles(store, this, {
      pane: "wardmap-buildings",
      minZoom: facts.buildingsFromZoom,
      lastZoom: facts.lastZoom,
    });
  }

  groupOf(feature) {
    const changed = this.override.get(feature.id);
    return changed === undefined ? (feature.props.g ?? NONE) : (changed ?? NONE);
  }

  paint(ctx, view) {
    const features = view.tile.layers.building;
    if (!features || !features.length) return;
    ctx.lineJoin = "round";
    const px = 1 / view.scale;
    const paths = this.paths(view);
    if (view.zoom >= 16) this.paintBase(ctx, view, paths, px);
    for (const [group, path] of paths) this.paintGroup(ctx, view, this.groups.get(group) || BUILDING, path, px);
    if (this.selected.size) this.paintSelected(ctx, view, px);
  }

  // Far out an edge is finer than a pixel and costs more than all the rest: a deeper fill stands for it.
  paintGroup(ctx, view, look, path, px) {
    ctx.fillStyle = view.zoom < 15 ? mixed(look.fill, look.stroke, 0.3) : look.fill;
    ctx.fill(path);
    if (view.zoom < 15) return;
    const pattern = patternFill(ctx, look.pattern, look.stroke, view.ratio, view.scale);
    if (pattern) {
      ctx.fillStyle = pattern;
      ctx.fill(path);
    }
    ctx.strokeStyle = look.stroke;
    ctx.globalAlpha = view.zoom >= 16 ? 0.9 : 0.55;
    ctx.lineWidth = (view.zoom >= 17 ? 1 : 0.7) * px;
    ctx.stroke(path);
    ctx.globalAlpha = 1;
  }

  // A low wall to the south: enough to make blocks stand on the ground.
  paintBase(ctx, view, paths, px) {
    const rise = (view.zoom >= 18 ? 2.6 : view.zoom === 17 ? 1.9 : 1.2) * px;
    ctx.translate(rise * 0.45, rise);
    ctx.globalAlpha = 0.55;
    for (const [group, path] of paths) {
      ctx.fillStyle = (this.groups.get(group) || { stroke: BUILDING.base }).stroke;
      ctx.fill(path);
    }
    ctx.globalAlpha = 1;
    ctx.translate(-rise * 0.45, -rise);
  }

  paintSelected(ctx, view, px) {
    const chosen = view.tile.layers.building.filter((f) => this.selected.has(f.id));
    if (!chosen.length) return;
    const path = pathOf(chosen, true, view);
    const thick = view.zoom >= 16 ? 1 : 0.7;
    ctx.strokeStyle = MARKER;
    ctx.lineWidth = 6.5 * thick * px;
    ctx.stroke(path);
    ctx.strokeStyle = INK;
    ctx.lineWidth = 2.2 * thick * px;
    ctx.stroke(path);
  }

  // Paths are kept with the decoded tile; when only a part of it is drawn, far buildings are left out.
  paths({ tile, deeper, window, scale }) {
    const { building } = tile.layers;
    if (deeper > 1) return this.sortedPaths(building, { window, scale });
    const kept = `${this.round} ${scale}`;
    if (tile.pathsKept !== kept) {
      tile.paths = this.sortedPaths(building, { scale });
      tile.pathsKept = kept;
    }
    return tile.paths;
  }

  sortedPaths(features, within) {
    const members = new Map();
    for (const feature of features) {
      const group = this.groupOf(feature);
      const list = members.get(group);
      if (list) list.push(feature);
      else members.set(group, [feature]);
    }
    return new Map([...members].map(([group, list]) => [group, pathOf(list, true, within)]));
  }

  setLegend(entries) {
    this.groups = new Map(entries.map((entry) => [entry.group, entry]));
    this.layer.repaint();
  }

  // Only tiles that hold a changed building are drawn again.
  setGroups(groups) {
    for (const [id, group] of groups) this.override.set(Number(id), group);
    this.round += 1;
    const changed = new Set([...groups].map(([id]) => Number(id)));
    this.layer.repaint((tile) => holdsAny(tile, changed));
  }

  resetGroups(before) {
    for (const [id, group] of before) {
      if (group === undefined) this.override.delete(id);
      else this.override.set(id, group);
    }
    this.round += 1;
    const changed = new Set(before.keys());
    this.layer.repaint((tile) => holdsAny(tile, changed));
  }

  // What was set by id before is now in the tiles; what was set meanwhile stays.
  forget(told) {
    for (const [id, group] of [...told]) if (this.override.get(id) === group) this.override.delete(id);
    this.round += 1;
  }

  select(ids) {
    const next = new Set([...ids].map(Number));
    const touched = new Set([...this.selected].filter((id) => !next.has(id)));
    for (const id of next) if (!this.selected.has(id)) touched.add(id);
    this.selected = next;
    if (touched.size) this.layer.repaint((tile) => holdsAny(tile, touched));
  }

  // The building at a place; a near miss within `reach` CSS pixels counts, fingers being thick.
  at(worldX, worldY, reach = 0) {
    const map = this.layer._map;
    if (!map || map.getZoom() < this.layer.options.minZoom) return null;
    const spot = this.layer.tileAt(worldX, worldY);
    const features = spot && spot.tile.layers.building;
    if (!features) return null;
    const scale = (256 * 2 ** Math.max(0, map.getZoom() - this.layer.options.lastZoom)) / EXTENT;
    const margin = reach / scale;
    const radius = pointRadius(scale);
    const gap = margin + radius;
    let nearest = null;
    let least = margin;
    for (const feature of features) {
      const [x0, y0, x1, y1] = feature.box;
      if (spot.px < x0 - gap || spot.px > x1 + gap || spot.py < y0 - gap || spot.py > y1 + gap) continue;
      const point = isPoint(feature);
      const away = distance(feature, point ? radius : 0, spot, margin);
      if (away > margin) continue;
      // A point's mark lies on top of the building that it may stand in.
      if (!nearest || away < least || (away === least && point)) {
        least = away;
        nearest = feature;
      }
    }
    return nearest && this.described(spot.tile, nearest);
  }

  described(tile, feature) {
    const group = this.groupOf(feature);
    const [x, y] = (feature.inner ??= innerPoint(feature.rings, feature.box));
    const entry = this.groups.get(group);
    return {
      id: feature.id,
      name: feature.props.n || "",
      group: entry ? entry.group : null,
      groupLabel: entry ? entry.label : "",
      mark: entry ? entry.mark : "",
      stroke: entry ? entry.stroke : BUILDING.stroke,
      world: worldPoint(tile, x, y),
      box: worldBox(tile, feature.box),
      tile,
      feature,
    };
  }

  // Every building in view once; of a building cut by a tile's edge the largest piece.
  inView() {
    const found = new Map();
    for (const tile of this.layer._map ? this.layer.tilesInView() : []) {
      for (const feature of tile.layers.building || []) {
        const known = found.get(feature.id);
        if (!known || spread(feature.box) > spread(known.feature.box)) found.set(feature.id, { tile, feature });
      }
    }
    return found;
  }

  // The pieces of one building, for rings drawn over the map.
  pieces(id) {
    const pieces = [];
    for (const tile of this.layer._map ? this.layer.tilesInView() : []) {
      for (const feature of tile.layers.building || []) if (feature.id === id) pieces.push({ tile, feature });
    }
    return pieces;
  }
}

// In tile units; 0 is on it. Without a margin only what is hit counts.
function distance({ rings }, radius, spot, margin) {
  if (radius) return Math.max(0, distanceToRings(rings, spot.px, spot.py) - radius);
  if (ringsContain(rings, spot.px, spot.py)) return 0;
  return margin ? distanceToRings(rings, spot.px, spot.py) : Infinity;
}

const spread = (box) => (box[2] - box[0]) * (box[3] - box[1]);

function holdsAny(tile, ids) {
  const features = tile.layers.building || [];
  if (!tile.ids) tile.ids = new Set(features.map((f) => f.id));
  const [small, large] = ids.size < tile.ids.size ? [ids, tile.ids] : [tile.ids, ids];
  for (const id of small) if (large.has(id)) return true;
  return false;
}
