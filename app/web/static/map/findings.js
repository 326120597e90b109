// What an import found, and where a file would lie: drawn over the town.

import { ACCENT, INK } from "./style.js";
import { boxesMeet, distanceToRings, lonLatOf, ringsContain, worldOf } from "./geometry.js";
import { pathAt } from "./sheet.js";
import { shapesOf } from "./outlines.js";

// Colour, and the shape of the mark: colour is never the only sign.
const SEVERITY = {
  error: { colour: "#a3211b", sign: "×" },
  warning: { colour: "#8a5a00", sign: "!" },
  note: { colour: "#2c5d8f", sign: "i" },
};

export class Findings {
  constructor(ward, facts) {
    this.ward = ward;
    this.facts = facts;
    this.current = -1;
    this.show(facts.features);
  }

  show(collection) {
    this.shapes = shapesOf(collection);
    this.current = -1;
  }

  drawLines(ctx, view) {
    this.shapes.forEach((shape, i) => {
      if (!boxesMeet(shape.box, view.seen)) return;
      const look = SEVERITY[shape.props.severity] || SEVERITY.note;
      const strong = i === this.current;
      const area = pathAt(view, shape.rings);
      ctx.fillStyle = look.colour;
      ctx.globalAlpha = strong ? 0.35 : 0.2;
      ctx.fill(area, "evenodd");
      ctx.globalAlpha = 1;
      for (const path of [area, pathAt(view, shape.lines, false)]) {
        ctx.strokeStyle = "#ffffff";
        ctx.lineWidth = strong ? 6 : 4;
        ctx.stroke(path);
        ctx.strokeStyle = look.colour;
        ctx.lineWidth = strong ? 3.4 : 1.8;
        ctx.stroke(path);
      }
    });
  }

  // Marks stand among the labels, before all others: a building's name must not hide what is wrong with it.
  labels(view) {
    return this.shapes.flatMap((shape, i) => {
      const place = shape.points[0] || shape.middle || (shape.lines[0] && shape.lines[0].slice(0, 2));
      if (!place || !boxesMeet(shape.box, view.seen)) return [];
      const strong = i === this.current;
      const [x, y] = view.at(place[0], place[1]);
      const radius = strong ? 12 : 8.5;
      const look = SEVERITY[shape.props.severity] || SEVERITY.note;
      const mark = (ctx) => this.drawMark(ctx, x, y, radius, look);
      return [{ text: look.sign, mark, box: [x - radius, y - radius, x + radius, y + radius], rank: strong ? 2001 : 2000 }];
    });
  }

  drawMark(ctx, x, y, radius, look) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fillStyle = look.colour;
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = "#ffffff";
    ctx.stroke();
    ctx.fillStyle = "#ffffff";
    ctx.font = `700 ${radius * 1.45}px sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(look.sign, x, y + 0.5);
  }

  clicked(x, y, zoom) {
    const reach = 14 / (256 * 2 ** zoom);
    const near = this.shapes.findIndex((shape) => {
      const places = [...shape.points, ...(shape.middle ? [shape.middle] : [])];
      if (places.some(([px, py]) => Math.hypot(px - x, py - y) < reach)) return true;
      if (shape.lines.length && distanceToRings(shape.lines, x, y) < reach / 2) return true;
      return shape.rings.length > 0 && ringsContain(shape.rings, x, y);
    });
    if (near < 0) return false;
    this.goTo(near, false);
    return true;
  }

  goTo(position, move = true) {
    if (!this.shapes.length) return;
    this.current = (position + this.shapes.length) % this.shapes.length;
    const shape = this.shapes[this.current];
    const [west, north] = lonLatOf(shape.box[0], shape.box[1]);
    const [east, south] = lonLatOf(shape.box[2], shape.box[3]);
    if (move) this.ward.zoomTo([west, south, east, north], { padding: [90, 90] });
    this.ward.redraw();
    this.ward.tell("wardmap:finding", { id: shape.id, position: this.current, properties: shape.props });
  }
}

export class Candidates {
  constructor(facts) {
    this.boxes = facts.boxes.map((box, i) => {
      const [west, south, east, north] = box.bounds;
      const [x0, y0] = worldOf(west, north);
      const [x1, y1] = worldOf(east, south);
      return { ...box, mark: String.fromCharCode(65 + (i % 26)), corners: [x0, y0, x1, y1], chosen: false };
    });
  }

  show() {}

  choose(key) {
    for (const box of this.boxes) box.chosen = box.key === key;
  }

  drawLines(ctx, view) {
    for (const box of this.boxes) {
      const [x0, y0] = view.at(box.corners[0], box.corners[1]);
      const [x1, y1] = view.at(box.corners[2], box.corners[3]);
      const [w, h] = [Math.max(6, x1 - x0), Math.max(6, y1 - y0)];
      ctx.fillStyle = box.chosen ? "rgba(11,92,122,0.25)" : "rgba(11,92,122,0.1)";
      ctx.fillRect(x0, y0, w, h);
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = box.chosen ? 6 : 4;
      ctx.strokeRect(x0, y0, w, h);
      ctx.setLineDash(box.chosen ? [] : [7, 4]);
      ctx.strokeStyle = ACCENT;
      ctx.lineWidth = box.chosen ? 3 : 2;
      ctx.strokeRect(x0, y0, w, h);
      ctx.setLineDash([]);
    }
  }

  labels(view) {
    return this.boxes.map((box) => {
      const [x0, y0] = view.at(box.corners[0], box.corners[1]);
      const [x1] = view.at(box.corners[2], box.corners[3]);
      const lines = [{ text: box.label, size: 12.5, weight: 600, colour: INK }];
      const badge = { text: box.mark, fill: ACCENT, size: 12 };
      return { text: box.label, lines, badge, x: (x0 + x1) / 2, y: y0 - 24, rank: 950 };
    });
  }
}
