// The incoming shapes and a repair's before and after, drawn on the map's own canvas.

import { boxesMeet, distanceToRings, lonLatOf, ringsContain } from '../map/geometry.js';
import { pathAt } from '../map/sheet.js';
import { patternFill } from '../map/style.js';
import { shapesOf } from '../map/outlines.js';

export { lonLatOf };

// As in pictures.py, so that the legend tells the truth.
const LOOKS = {
  create: { fill: '#bfe0c9', stroke: '#1c6b3c', pattern: 'plain' },
  change: { fill: '#f4dba6', stroke: '#8a5200', pattern: 'slash' },
  same: { fill: '#e2e2df', stroke: '#77797b', pattern: 'plain' },
  refused: { fill: '#f0c0bb', stroke: '#a3261f', pattern: 'cross' },
};
const BEFORE = '#a3261f';
const AFTER = '#1c6b3c';
const SMALL_PX = 24;

export class Incoming {
  constructor() {
    this.shapes = [];
    this.source = new Map();
    this.verdict = '';
    this.chosen = null;
    // Its repair is drawn instead.
    this.hidden = null;
    this.onPick = () => {};
  }

  show(collection) {
    this.shapes = shapesOf(collection);
    this.source = new Map(collection.features.map((feature) => [feature.id, feature]));
  }

  add(collection) {
    this.shapes.push(...shapesOf(collection));
    for (const feature of collection.features) this.source.set(feature.id, feature);
  }

  of(row) {
    return this.shapes.find((shape) => shape.id === row) || null;
  }

  drawLines(ctx, view) {
    const seen = this.shapes.filter((shape) => boxesMeet(shape.box, view.seen) && shape.id !== this.chosen && shape.id !== this.hidden);
    ctx.lineJoin = 'round';
    for (const shape of seen) this.draw(ctx, view, shape, this.verdict && shape.props.verdict !== this.verdict ? 0.15 : 1);
    const chosen = this.chosen == null || this.chosen === this.hidden ? null : this.of(this.chosen);
    if (!chosen) return;
    this.draw(ctx, view, chosen, 1, true);
    this.ringAround(ctx, view, chosen);
  }

  // What is too small to be seen at this zoom gets a ring.
  ringAround(ctx, view, shape) {
    const [left, top] = view.at(shape.box[0], shape.box[1]);
    const [right, bottom] = view.at(shape.box[2], shape.box[3]);
    if (Math.max(right - left, bottom - top) > SMALL_PX) return;
    for (const [colour, width] of [['#ffffff', 6], [LOOKS[shape.props.verdict]?.stroke || LOOKS.same.stroke, 3]]) {
      ctx.beginPath();
      ctx.arc((left + right) / 2, (top + bottom) / 2, SMALL_PX * 0.8, 0, 2 * Math.PI);
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  }

  draw(ctx, view, shape, strength, chosen = false) {
    const look = LOOKS[shape.props.verdict] || LOOKS.same;
    const area = pathAt(view, shape.rings);
    ctx.globalAlpha = 0.5 * strength;
    ctx.fillStyle = look.fill;
    ctx.fill(area, 'evenodd');
    const pattern = patternFill(ctx, look.pattern, look.stroke, view.ratio, 1);
    if (pattern) {
      ctx.fillStyle = pattern;
      ctx.fill(area, 'evenodd');
    }
    ctx.globalAlpha = strength;
    for (const path of [area, pathAt(view, shape.lines, false)]) {
      if (chosen) {
        ctx.strokeStyle = '#ffffff';
        ctx.lineWidth = 7;
        ctx.stroke(path);
      }
      ctx.strokeStyle = look.stroke;
      ctx.lineWidth = chosen ? 3.5 : 1.4;
      ctx.stroke(path);
    }
    for (const [px, py] of shape.points) {
      const [x, y] = view.at(px, py);
      ctx.beginPath();
      ctx.arc(x, y, chosen ? 9 : 5, 0, 2 * Math.PI);
      ctx.fillStyle = look.stroke;
      ctx.fill();
      ctx.strokeStyle = '#ffffff';
      ctx.lineWidth = chosen ? 3 : 1.5;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  // Answers true when a shape was hit: the map then asks nobody else.
  clicked(x, y, zoom) {
    const reach = 8 / (256 * 2 ** zoom);
    const found = this.shapes.find((shape) => shape.points.some(([px, py]) => Math.hypot(px - x, py - y) < reach)
      || (shape.lines.length && distanceToRings(shape.lines, x, y) < reach)
      || (shape.rings.length && ringsContain(shape.rings, x, y)));
    return found ? this.onPick(found) !== false : false;
  }
}

export class Repair {
  constructor() {
    this.clear();
  }

  clear() {
    this.before = [];
    this.after = [];
    this.mode = 'both';
  }

  show({ before, after }) {
    const asCollection = (geometry) => ({ features: geometry ? [{ id: 1, geometry, properties: {} }] : [] });
    this.before = shapesOf(asCollection(before));
    this.after = shapesOf(asCollection(after));
    this.mode = 'both';
  }

  drawLines(ctx, view) {
    if (this.mode !== 'after') this.draw(ctx, view, this.before, BEFORE, [7, 5]);
    if (this.mode !== 'before') this.draw(ctx, view, this.after, AFTER, []);
  }

  draw(ctx, view, shapes, colour, dash) {
    for (const shape of shapes) {
      const path = pathAt(view, shape.rings);
      ctx.globalAlpha = this.mode === 'both' ? 0.12 : 0.3;
      ctx.fillStyle = colour;
      ctx.fill(path, 'evenodd');
      ctx.globalAlpha = 1;
      ctx.strokeStyle = '#ffffff';
      ctx.lineWidth = 5;
      ctx.stroke(path);
      ctx.setLineDash(dash);
      ctx.strokeStyle = colour;
      ctx.lineWidth = 2.5;
      ctx.stroke(path);
      ctx.setLineDash([]);
    }
  }
}
