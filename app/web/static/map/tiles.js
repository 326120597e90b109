// A Leaflet layer of canvases, each drawn from one decoded tile or, deeper than the last zoom, from a part of one.

import { boxesMeet } from "./geometry.js";
import { ratio } from "./ratio.js";

export const EXTENT = 4096;
const SIDE = 256;

export const CanvasTiles = L.GridLayer.extend({
  options: { tileSize: SIDE, keepBuffer: 2, updateWhenZooming: false, lastZoom: 17 },

  // painter.paint(ctx, view) draws; view = { tile, zoom, scale, ratio }, scale in CSS px per tile unit.
  initialize(store, painter, options) {
    this.store = store;
    this.painter = painter;
    this.ready = null;
    L.GridLayer.prototype.initialize.call(this, options);
    this.on("tileunload", (event) => this.leave(event.tile));
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { coords, done, told: false });
    this.fetch(canvas);
    return canvas;
  },

  // A canvas that shows nothing yet is drawn as soon as its tile is here; one with an older picture keeps that until
  // all are here, see settle().
  async fetch(canvas) {
    const source = this.sourceOf(canvas.coords);
    const entry = this.store.ask(source.z, source.x, source.y);
    this.leave(canvas);
    Object.assign(canvas, { entry, waiting: true, failed: false, fresh: null });
    const { tile, error } = await entry.promise.then((tile) => ({ tile }), (error) => ({ error }));
    if (canvas.entry === entry) {
      canvas.waiting = false;
      if (error) this.fail(canvas, error);
      else if (canvas.stale) canvas.fresh = tile;
      else this.show(canvas, tile);
    }
    if (canvas.stale) this.settle();
  },

  show(canvas, tile) {
    Object.assign(canvas, { tile, fresh: null, stale: false });
    this.paint(canvas);
    this.tell(canvas, null);
  },

  fail(canvas, error) {
    canvas.failed = true;
    if (error.name !== "AbortError") this.fire("tilesfailed", { error });
    this.tell(canvas, error);
  },

  // Leaflet keeps a tile hidden, and the layer loading, until it hears of it: a success once, whichever request brought it.
  tell(canvas, error) {
    if (canvas.told) return;
    canvas.told = !error;
    canvas.done(error, canvas);
  },

  leave(canvas) {
    if (canvas.entry) this.store.leave(canvas.entry);
    canvas.entry = null;
  },

  sourceOf(coords) {
    const deeper = Math.max(0, coords.z - this.options.lastZoom);
    return { z: coords.z - deeper, x: coords.x >> deeper, y: coords.y >> deeper, deeper };
  },

  paint(canvas) {
    const { coords, tile } = canvas;
    if (!tile) return;
    const { deeper, x, y } = this.sourceOf(coords);
    const parts = 1 << deeper;
    const scale = (SIDE * parts) / EXTENT;
    const r = ratio();
    const ctx = canvas.getContext("2d");
    if (canvas.width !== SIDE * r) canvas.width = canvas.height = SIDE * r;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    const left = (coords.x - x * parts) * SIDE;
    const top = (coords.y - y * parts) * SIDE;
    ctx.setTransform(scale * r, 0, 0, scale * r, -left * r, -top * r);
    const edge = 8 / scale; // strokes reach a little over the tile's border
    const window = [left / scale - edge, top / scale - edge, (left + SIDE) / scale + edge, (top + SIDE) / scale + edge];
    this.painter.paint(ctx, { tile, zoom: coords.z, scale, ratio: r, window, deeper });
  },

  repaint(filter) {
    for (const { el } of Object.values(this._tiles)) {
      if (el.tile && (!filter || filter(el.tile))) this.paint(el);
    }
  },

  canvases() {
    return Object.values(this._tiles).map(({ el }) => el);
  },

  // Ask for every tile again, keep the old picture until all are here, then change to the new one at once;
  // `ready(whole)` runs just before that: false when some tiles did not come, and again with true when a retry has
  // brought them. Of several reloads only the newest counts.
  async reload(ready = () => {}) {
    this.store.clear();
    this.ready = ready;
    const canvases = this.canvases();
    for (const canvas of canvases) canvas.stale = Boolean(canvas.tile);
    const all = canvases.map((canvas) => this.fetch(canvas));
    this.settle(); // nothing was shown yet: nobody to wait for
    await Promise.all(all);
  },

  settle() {
    const stale = this.canvases().filter((canvas) => canvas.stale);
    if (!this.ready || stale.some((canvas) => canvas.waiting)) return;
    const whole = stale.every((canvas) => canvas.fresh);
    this.ready(whole);
    if (whole) this.ready = null;
    for (const canvas of stale) if (canvas.fresh) this.show(canvas, canvas.fresh);
    this.fire("load");
  },

  retry() {
    for (const canvas of this.canvases()) if (canvas.failed) this.fetch(canvas);
  },

  // The decoded tiles under the present view, each once.
  tilesInView() {
    const seen = new Set();
    const zoom = this._tileZoom;
    for (const { el, coords, current } of Object.values(this._tiles)) {
      if (current && coords.z === zoom && el.tile) seen.add(el.tile);
    }
    return seen;
  },

  // While tiles are asked for again the store is empty, but the old picture stands and people click on it.
  drawnTile(z, x, y) {
    for (const { el, current } of Object.values(this._tiles)) {
      const { tile } = el;
      if (current && tile && tile.z === z && tile.x === x && tile.y === y) return tile;
    }
    return null;
  },

  tileAt(worldX, worldY) {
    const z = Math.min(Math.round(this._map.getZoom()), this.options.lastZoom);
    const count = 2 ** z;
    const x = Math.floor(worldX * count);
    const y = Math.floor(worldY * count);
    const tile = this.store.peek(z, x, y) || this.drawnTile(z, x, y);
    return tile && { tile, px: (worldX * count - x) * EXTENT, py: (worldY * count - y) * EXTENT };
  },
});

export function worldPoint(tile, x, y) {
  const count = 2 ** tile.z;
  return [(tile.x + x / EXTENT) / count, (tile.y + y / EXTENT) / count];
}

export function worldBox(tile, box) {
  return [...worldPoint(tile, box[0], box[1]), ...worldPoint(tile, box[2], box[3])];
}

// A building known by its point only is drawn as a small disc.
const POINT_RADIUS = 3.5; // CSS pixels

export const isPoint = (feature) => feature.rings.every((ring) => ring.length === 2);
export const pointRadius = (scale) => POINT_RADIUS / scale;

// Adds the features' rings to a path; with a window only those that can be seen. `scale`, CSS px per tile unit, is
// needed where points may be among them.
export function pathOf(features, closed, { window = null, scale = 0 } = {}) {
  const path = new Path2D();
  for (const feature of features) {
    if (window && !boxesMeet(feature.box, window)) continue;
    for (const ring of feature.rings) {
      if (ring.length === 2) {
        addDisc(path, ring, scale);
        continue;
      }
      path.moveTo(ring[0], ring[1]);
      for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
      if (closed) path.closePath();
    }
  }
  return path;
}

// Turned like an outer ring, so that a disc on a building does not cut a hole into it.
function addDisc(path, [x, y], scale) {
  if (!scale) return;
  const radius = pointRadius(scale);
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
  path.closePath();
}
