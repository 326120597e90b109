// Places texts over the whole view so that none covers another: important ones first, the rest where room is left.

import { FONT, INK } from "./style.js";
import { Sheet } from "./sheet.js";

const CELL = 64;
const GAP = 3;

export class Labels {
  constructor() {
    this.writers = []; // each: (view) -> wishes
    this.sheet = new Sheet((ctx, view) => this.write(ctx, view), { pane: "wardmap-labels" });
    this.widths = new Map();
    this.placed = [];
  }

  add(writer) {
    this.writers.push(writer);
  }

  // Tiles arrive in bursts; one redraw for all of them.
  ask() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sheet.ask(), 40);
  }

  write(ctx, view) {
    const wishes = this.writers.flatMap((writer) => writer(view) || []);
    wishes.sort((a, b) => b.rank - a.rank);
    const taken = new Taken();
    const last = new Map();
    const marks = [];
    this.placed = [];
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    for (const wish of wishes) {
      if (wish.mark) {
        taken.add(wish.box);
        marks.push(wish);
        continue;
      }
      if (wish.once && repeated(wish, last)) continue;
      const done = wish.line
        ? this.alongLine(ctx, wish, taken, last)
        : this.atPoint(ctx, wish, taken) || (wish.orElse && this.atPoint(ctx, wish.orElse, taken));
      if (!done) continue;
      this.placed.push(wish.text);
      if (wish.once) last.set(wish.once, [...(last.get(wish.once) || []), [wish.x, wish.y]]);
    }
    for (const wish of marks.reverse()) wish.mark(ctx);
  }

  width(ctx, text, font) {
    const key = `${font}|${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      ctx.font = font;
      width = ctx.measureText(text).width;
      if (this.widths.size > 20000) this.widths.clear();
      this.widths.set(key, width);
    }
    return width;
  }

  atPoint(ctx, wish, taken) {
    const lines = wish.lines || [{ text: wish.text, size: wish.size, weight: wish.weight, colour: wish.colour }];
    const sized = lines.map((line) => {
      const font = fontOf(line);
      return { ...line, font, width: this.width(ctx, line.text, font) };
    });
    const badge = wish.badge ? Math.max(20, this.width(ctx, wish.badge.text, badgeFont(wish.badge)) + 12) : 0;
    const badgeHeight = wish.badge ? wish.badge.size + 8 : 0;
    const width = Math.max(badge, ...sized.map((line) => line.width));
    const textHeight = sized.reduce((sum, line) => sum + line.size * 1.28, 0);
    const height = textHeight + badgeHeight;
    const box = [wish.x - width / 2 - GAP, wish.y - height / 2 - 1, wish.x + width / 2 + GAP, wish.y + height / 2 + 1];
    if (wish.room && (wish.room[0] < width * 0.92 || wish.room[1] < height * 0.92)) return false;
    if (!taken.take(box)) return false;
    let y = wish.y - height / 2;
    if (wish.badge) {
      drawBadge(ctx, wish.badge, wish.x, y + badgeHeight / 2 - 1, badge, badgeHeight - 3);
      y += badgeHeight;
    }
    for (const line of sized) {
      const middle = y + line.size * 0.64;
      haloed(ctx, line, line.text, wish.x, middle);
      y += line.size * 1.28;
    }
    return true;
  }

  // One character after the other along the line; on steep lines they stand upright, as Chinese maps do.
  alongLine(ctx, wish, taken, last) {
    const font = fontOf(wish);
    const glyphs = [...wish.text];
    const wide = glyphs.map((glyph) => this.width(ctx, glyph, font) + (wish.spacing || 1));
    const total = wide.reduce((a, b) => a + b, 0);
    const length = wish.line.length;
    if (length.total < total + 8) return false;
    const near = last.get(wish.text) || [];
    for (const share of [0.5, 0.3, 0.7]) {
      const start = length.total * share - total / 2;
      if (start < 2 || start + total > length.total - 2) continue;
      const middle = pointAlong(wish.line, start + total / 2);
      if (near.some(([x, y]) => Math.hypot(x - middle[0], y - middle[1]) < (wish.apart || 320))) continue;
      const spots = glyphSpots(wish.line, start, wide, total);
      if (!spots || !taken.takeAll(spots.map((s) => around(s, wish.size)))) continue;
      haloedGlyphs(ctx, wish, font, spots.turned ? [...glyphs].reverse() : glyphs, spots);
      near.push(middle);
      last.set(wish.text, near);
      return true;
    }
    return false;
  }
}

// A surface cut into tiles asks for its name in each of them; one in a while is enough.
function repeated(wish, last) {
  return (last.get(wish.once) || []).some(([x, y]) => Math.hypot(x - wish.x, y - wish.y) < 700);
}

export function measuredLine(points) {
  const at = [0];
  for (let i = 2; i < points.length; i += 2) {
    at.push(at[at.length - 1] + Math.hypot(points[i] - points[i - 2], points[i + 1] - points[i - 1]));
  }
  return { points, length: { at, total: at[at.length - 1] } };
}

function pointAlong({ points, length }, distance) {
  let i = 1;
  while (i < length.at.length - 1 && length.at[i] < distance) i += 1;
  const stretch = length.at[i] - length.at[i - 1] || 1;
  const share = (distance - length.at[i - 1]) / stretch;
  const [ax, ay, bx, by] = points.slice(2 * i - 2, 2 * i + 2);
  return [ax + (bx - ax) * share, ay + (by - ay) * share, Math.atan2(by - ay, bx - ax)];
}

// Where each glyph stands; null where the line bends too sharply for reading.
function glyphSpots(line, start, wide, total) {
  const first = pointAlong(line, start);
  const end = pointAlong(line, start + total);
  const steep = Math.abs(end[1] - first[1]) > Math.abs(end[0] - first[0]) * 1.15;
  const turned = steep ? end[1] < first[1] : end[0] < first[0];
  const spots = [];
  let along = start;
  const order = turned ? [...wide].reverse() : wide;
  for (const width of order) {
    const [x, y, angle] = pointAlong(line, along + width / 2);
    along += width;
    let upright = turned ? angle + Math.PI : angle;
    if (steep) upright -= Math.PI / 2;
    while (upright > Math.PI) upright -= 2 * Math.PI;
    while (upright < -Math.PI) upright += 2 * Math.PI;
    if (Math.abs(upright) > 1.05) return null;
    if (spots.length && Math.abs(spots[spots.length - 1].angle - upright) > 0.5) return null;
    spots.push({ x, y, angle: upright });
  }
  spots.turned = turned;
  return spots;
}

function haloedGlyphs(ctx, wish, font, glyphs, spots) {
  ctx.font = font;
  ctx.strokeStyle = wish.halo || "rgba(255,255,255,0.9)";
  ctx.lineWidth = 3.2;
  for (const pass of ["strokeText", "fillText"]) {
    ctx.fillStyle = wish.colour;
    spots.forEach(({ x, y, angle }, i) => {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(angle);
      ctx[pass](glyphs[i], 0, 0);
      ctx.restore();
    });
  }
}

function haloed(ctx, line, text, x, y) {
  ctx.font = line.font;
  ctx.strokeStyle = line.halo || "rgba(255,255,255,0.92)";
  ctx.lineWidth = line.haloWidth || 3.4;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = line.colour || INK;
  ctx.fillText(text, x, y);
}

function drawBadge(ctx, badge, x, y, width, height) {
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
  ctx.fillStyle = badge.fill;
  ctx.fill();
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = "#ffffff";
  ctx.stroke();
  ctx.font = badgeFont(badge);
  ctx.fillStyle = "#ffffff";
  ctx.fillText(badge.text, x, y + 0.5);
}

const fontOf = (line) => `${line.italic ? "italic " : ""}${line.weight || 500} ${line.size}px ${FONT}`;
const badgeFont = (badge) => `700 ${badge.size}px ${FONT}`;
const around = ({ x, y }, size) => [x - size * 0.6, y - size * 0.6, x + size * 0.6, y + size * 0.6];

// Boxes already written on, in a coarse grid.
class Taken {
  constructor() {
    this.cells = new Map();
  }

  free(box) {
    for (const key of cellsOf(box)) {
      for (const b of this.cells.get(key) || []) {
        if (box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]) return false;
      }
    }
    return true;
  }

  take(box) {
    return this.takeAll([box]);
  }

  takeAll(boxes) {
    if (!boxes.every((box) => this.free(box))) return false;
    for (const box of boxes) this.add(box);
    return true;
  }

  add(box) {
    for (const key of cellsOf(box)) {
      if (this.cells.has(key)) this.cells.get(key).push(box);
      else this.cells.set(key, [box]);
    }
  }
}

function* cellsOf([x0, y0, x1, y1]) {
  for (let i = Math.floor(x0 / CELL); i <= Math.floor(x1 / CELL); i += 1) {
    for (let j = Math.floor(y0 / CELL); j <= Math.floor(y1 / CELL); j += 1) yield `${i} ${j}`;
  }
}
