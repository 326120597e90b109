// A canvas over the whole view, larger than it so that panning shows no edge; redrawn when the map comes to rest.

import { ratio } from "./ratio.js";

export const Sheet = L.Renderer.extend({
  options: { padding: 0.3 },

  // draw(ctx, view): view has zoom, bounds (layer pixels) and at(worldX, worldY) -> [x, y] in layer pixels.
  initialize(draw, options) {
    this.draw = draw;
    L.Renderer.prototype.initialize.call(this, options);
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.className = "wardmap-sheet";
    this._container.setAttribute("aria-hidden", "true");
  },

  _destroyContainer() {
    cancelAnimationFrame(this.waiting);
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    this.render();
  },

  // Draw again at the next frame, however often it is asked for.
  ask() {
    if (this.waiting || !this._map) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      if (this._map && !this._map._animatingZoom) this.render();
    });
  },

  render() {
    if (!this._bounds) return;
    const canvas = this._container;
    const { min, max } = this._bounds;
    const size = this._bounds.getSize();
    const r = ratio();
    L.DomUtil.setPosition(canvas, min);
    canvas.width = Math.round(size.x * r);
    canvas.height = Math.round(size.y * r);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const ctx = canvas.getContext("2d");
    ctx.setTransform(r, 0, 0, r, -min.x * r, -min.y * r);
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    const world = 256 * 2 ** zoom;
    const at = (x, y) => [x * world - origin.x, y * world - origin.y];
    const bounds = [min.x, min.y, max.x, max.y];
    const seen = [
      (min.x + origin.x) / world,
      (min.y + origin.y) / world,
      (max.x + origin.x) / world,
      (max.y + origin.y) / world,
    ];
    this.draw(ctx, { zoom, bounds, seen, at, ratio: r, world });
  },
});

// A path in layer pixels from flat world rings.
export function pathAt(view, rings, closed = true) {
  const path = new Path2D();
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = view.at(ring[i], ring[i + 1]);
      if (i) path.lineTo(x, y);
      else path.moveTo(x, y);
    }
    if (closed) path.closePath();
  }
  return path;
}
