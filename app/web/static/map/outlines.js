// Outlines of areas and zones: a soft light line under a darker one, names and counts, and a veil over the rest.

import { ACCENT, INK, patternFill } from "./style.js";
import { boxOf, boxesMeet, innerPoint, ringsContain, worldOf, worldShapes } from "./geometry.js";
import { pathAt } from "./sheet.js";
import { fill } from "./words.js";

const LEVELS = {
  district: { width: 2.4, colour: "#7d6a9c", ink: "#5b4a78", dash: [14, 4, 2, 4], size: 17, rank: 940 },
  street: { width: 1.9, colour: "#7d6a9c", ink: "#5b4a78", dash: [11, 4, 2, 4], size: 15.5, rank: 930 },
  community: { width: 1.3, colour: "#8d7bab", ink: "#54466e", dash: [6, 4], size: 13.5, rank: 900 },
};

export function shapesOf(collection) {
  return ((collection && collection.features) || [])
    .filter((feature) => feature.geometry)
    .map((feature) => {
      const shapes = worldShapes(feature.geometry);
      const rings = shapes.polygons.flat();
      const box = boxOf([...rings, ...shapes.lines, ...shapes.points]);
      const label = feature.properties.label;
      const middle = Array.isArray(label) ? worldOf(label[0], label[1]) : rings.length ? innerPoint(rings, box) : null;
      return { id: feature.id, props: feature.properties, ...shapes, rings, box, middle };
    });
}

// Neighbours share their border: each stretch is kept once, so that dashes of two sides do not fill each other.
export function bordersOf(shapes) {
  const seen = new Set();
  const lines = [];
  for (const ring of shapes.flatMap((shape) => shape.rings)) {
    let points = null;
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const key = stretchKey(ring[i], ring[i + 1], ring[i + 2], ring[i + 3]);
      if (seen.has(key)) {
        points = null;
        continue;
      }
      seen.add(key);
      if (!points) {
        points = [ring[i], ring[i + 1]];
        lines.push(points);
      }
      points.push(ring[i + 2], ring[i + 3]);
    }
  }
  return lines.map((points) => ({ points, box: boxOf([points]) }));
}

function stretchKey(ax, ay, bx, by) {
  const a = `${Math.round(ax * 1e9)},${Math.round(ay * 1e9)}`;
  const b = `${Math.round(bx * 1e9)},${Math.round(by * 1e9)}`;
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

export class Areas {
  constructor(facts, words) {
    this.facts = facts;
    this.words = words;
    this.look = LEVELS[facts.level] || LEVELS.community;
    this.focus = facts.focus || "";
    this.hover = null;
    this.show(facts.features);
  }

  show(collection) {
    this.shapes = shapesOf(collection);
    this.borders = bordersOf(this.shapes);
  }

  at(x, y) {
    return this.shapes.find((s) => boxesMeet(s.box, [x, y, x, y]) && ringsContain(s.rings, x, y)) || null;
  }

  // Below buildings: a wash over each area while buildings are too small to see.
  drawGround(ctx, view) {
    if (view.zoom >= this.facts.countsBelowZoom || this.facts.level !== "community") return;
    for (const shape of this.visible(view)) {
      ctx.fillStyle = this.hover === shape.id ? "rgba(109,90,134,0.2)" : "rgba(152,132,108,0.13)";
      ctx.fill(pathAt(view, shape.rings), "evenodd");
    }
  }

  drawLines(ctx, view) {
    ctx.lineJoin = "round";
    ctx.lineCap = "butt";
    if (this.focus) this.drawVeil(ctx, view);
    const { colour, dash } = this.look;
    const width = this.look.width * (view.zoom >= 15 ? 1.25 : 1);
    const path = pathAt(view, this.borders.filter((line) => boxesMeet(line.box, view.seen)).map((line) => line.points), false);
    ctx.strokeStyle = "rgba(255,255,255,0.6)";
    ctx.lineWidth = width + 2.4;
    ctx.stroke(path);
    ctx.setLineDash(dash);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  // The area in work, over every other outline.
  drawFocus(ctx, view) {
    const chosen = this.shapes.find((shape) => shape.id === this.focus);
    if (!chosen) return;
    const path = pathAt(view, chosen.rings);
    ctx.lineJoin = "round";
    ctx.strokeStyle = "rgba(255,255,255,0.85)";
    ctx.lineWidth = 5.4;
    ctx.stroke(path);
    ctx.strokeStyle = ACCENT;
    ctx.lineWidth = 2.6;
    ctx.stroke(path);
  }

  drawVeil(ctx, view) {
    const chosen = this.shapes.find((shape) => shape.id === this.focus);
    if (!chosen) return;
    const [x0, y0, x1, y1] = view.bounds;
    const veil = new Path2D();
    veil.rect(x0, y0, x1 - x0, y1 - y0);
    veil.addPath(pathAt(view, chosen.rings));
    ctx.fillStyle = "rgba(246,242,233,0.5)";
    ctx.fill(veil, "evenodd");
  }

  labels(view) {
    const { level, countsBelowZoom } = this.facts;
    const counts = view.zoom < countsBelowZoom && level === "community";
    if ((level === "community" && view.zoom < 12) || (level === "district" && view.zoom >= 14) || view.zoom >= 18) return [];
    const quiet = view.zoom >= 16;
    return this.visible(view).flatMap((shape) => {
      if (!shape.middle || !shape.props.name || (quiet && shape.id === this.focus)) return [];
      const [x, y] = view.at(...shape.middle);
      const width = (shape.box[2] - shape.box[0]) * view.world;
      if (width < 34) return [];
      const colour = quiet ? "#8878a3" : this.look.ink;
      const lines = [{ text: String(shape.props.name), size: this.look.size, weight: 600, colour }];
      const wish = { text: shape.props.name, lines, x, y, rank: quiet ? 90 : this.look.rank + Math.min(20, width / 60) };
      if (!counts || width < 48) return [wish];
      const more = { text: this.countText(shape.props), size: 11, weight: 500, colour: "#5f544a" };
      return [{ ...wish, lines: [...lines, more], orElse: wish }];
    });
  }

  countText({ buildings, households }) {
    const parts = [];
    if (buildings !== undefined) parts.push(fill(this.words.buildings_n, { n: grouped(buildings) }));
    if (households) parts.push(fill(this.words.households_n, { n: grouped(households) }));
    return parts.join(" · ");
  }

  visible(view) {
    return this.shapes.filter((shape) => boxesMeet(shape.box, view.seen));
  }
}

export class Zones {
  constructor(facts) {
    this.swatches = facts.swatches;
    this.shapes = shapesOf(facts.features);
  }

  show(collection) {
    this.shapes = shapesOf(collection);
  }

  swatchOf(shape) {
    const count = this.swatches.length;
    const index = shape.props.colour ?? (Number(shape.props.number) || 1) - 1;
    return this.swatches[((index % count) + count) % count];
  }

  drawGround(ctx, view) {
    for (const shape of this.visible(view)) {
      const swatch = this.swatchOf(shape);
      const path = pathAt(view, shape.rings);
      ctx.globalAlpha = view.zoom >= 14 ? 0.26 : 0.5;
      ctx.fillStyle = swatch.fill;
      ctx.fill(path, "evenodd");
      ctx.globalAlpha = view.zoom >= 14 ? 0.3 : 0.55;
      const pattern = patternFill(ctx, swatch.pattern, swatch.stroke, view.ratio, 1);
      if (pattern && view.zoom >= 13) {
        ctx.fillStyle = pattern;
        ctx.fill(path, "evenodd");
      }
      ctx.globalAlpha = 1;
    }
  }

  drawLines(ctx, view) {
    ctx.lineJoin = "round";
    for (const shape of this.visible(view)) {
      const path = pathAt(view, shape.rings);
      ctx.strokeStyle = "rgba(255,255,255,0.8)";
      ctx.lineWidth = view.zoom >= 15 ? 4.4 : 3;
      ctx.stroke(path);
      ctx.strokeStyle = this.swatchOf(shape).stroke;
      ctx.lineWidth = view.zoom >= 15 ? 2 : 1.3;
      ctx.stroke(path);
    }
  }

  labels(view) {
    if (view.zoom < 13 || view.zoom >= 19) return [];
    return this.visible(view).flatMap((shape) => {
      if (!shape.middle) return [];
      const [x, y] = view.at(...shape.middle);
      const width = (shape.box[2] - shape.box[0]) * view.world;
      if (width < 18) return [];
      const swatch = this.swatchOf(shape);
      const name = shape.props.name && width > 120 && view.zoom >= 15 ? String(shape.props.name) : "";
      const lines = name ? [{ text: name, size: 12.5, weight: 600, colour: swatch.stroke || INK }] : [];
      const badge = { text: String(shape.props.number), fill: swatch.stroke, size: view.zoom >= 15 ? 13 : 11 };
      return [{ text: String(shape.props.number), lines, badge, x, y, rank: 880 }];
    });
  }

  visible(view) {
    return this.shapes.filter((shape) => boxesMeet(shape.box, view.seen));
  }
}

const grouped = (n) => Number(n).toLocaleString("en-US");
