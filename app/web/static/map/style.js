// How the town looks: colours, road widths by zoom, patterns. One place, so that page and export agree.

export const INK = "#1f2d36";
export const PAPER = "#f6f2e9";
export const ACCENT = "#0b5c7a";
// A felt marker's yellow around chosen buildings: no zone or ground has it.
export const MARKER = "#ffd21f";
export const FONT = '"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif';

export const BUILDING = { fill: "#e5dccd", stroke: "#b9ab95", base: "#cfc2ad" };

export const WATER = { fill: "#b9d7e8", stroke: "#93bcd4", label: "#3d7497" };
// Waters of which only the course is known.
export const COURSES = {
  river: [[7, 0.8], [10, 1.2], [13, 2.6], [16, 8], [20, 40]],
  other: [[12, 0.6], [14, 1.2], [16, 3], [20, 14]],
};
export const GREEN = {
  park: "#d3e5bf",
  square: "#ebe4d3",
  levee_slope: "#dbe7c6",
  grove: "#c9ddb4",
  other: "#d9e7c8",
};
export const GREEN_LABEL = "#4c7338";

// Widths in CSS pixels at given zooms; between them they grow evenly.
export const ROADS = {
  footway: { order: 0, widths: [[16, 0.8], [18, 1.8], [20, 3]], fill: "#c4b696", dash: [3, 3], from: 16 },
  lane: { order: 1, widths: [[14, 0.5], [16, 2.4], [18, 6.5], [20, 15]], fill: "#fffdf8", casing: "#dbd2c0", from: 15, label: 17 },
  minor: { order: 2, widths: [[12, 0.5], [14, 1.7], [16, 5], [18, 13], [20, 30]], fill: "#ffffff", casing: "#d8cebb", from: 13, label: 16 },
  levee_road: { order: 3, widths: [[12, 0.7], [14, 1.8], [16, 4], [18, 9], [20, 20]], fill: "#f3e7cb", casing: "#b08f5c", from: 12, label: 15 },
  secondary: { order: 4, widths: [[10, 0.5], [12, 1.2], [14, 3.4], [16, 8.5], [18, 19], [20, 42]], fill: "#fff6dc", casing: "#d9c290", from: 11, label: 14 },
  arterial: { order: 5, widths: [[7, 0.5], [10, 1], [12, 2], [14, 5.2], [16, 12.5], [18, 27], [20, 58]], fill: "#ffe3a3", casing: "#d5a85b", from: 7, label: 13 },
  railway: { order: 6, widths: [[7, 0.5], [10, 0.7], [14, 1.8], [16, 3], [18, 4.5], [20, 6]], fill: "#8f8a86", rail: true, from: 7, label: 15 },
};
export const ROAD_LABEL = "#6b5d43";

export function widthAt(stops, zoom) {
  if (zoom <= stops[0][0]) return stops[0][1];
  for (let i = 1; i < stops.length; i += 1) {
    const [z1, w1] = stops[i];
    if (zoom <= z1) {
      const [z0, w0] = stops[i - 1];
      return w0 * Math.pow(w1 / w0, (zoom - z0) / (z1 - z0));
    }
  }
  return stops[stops.length - 1][1];
}

const mixes = new Map();

// A colour on the way from one to another; both as #rrggbb.
export function mixed(from, to, share) {
  const key = `${from} ${to} ${share}`;
  if (!mixes.has(key)) {
    const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
    const channels = [0, 1, 2].map((i) => Math.round(part(from, i) * (1 - share) + part(to, i) * share));
    mixes.set(key, `rgb(${channels.join(",")})`);
  }
  return mixes.get(key);
}

// Patterns repeat every 8 px, which divides a tile, so that they run on from tile to tile.
const PERIOD = 8;
const made = new Map();

export function patternTile(kind, colour, ratio) {
  const key = `${kind} ${colour} ${ratio}`;
  if (!made.has(key)) made.set(key, drawPattern(kind, colour, ratio));
  return made.get(key);
}

function drawPattern(kind, colour, ratio) {
  const canvas = document.createElement("canvas");
  canvas.width = PERIOD * ratio;
  canvas.height = PERIOD * ratio;
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.globalAlpha = 0.42;
  ctx.lineWidth = 1.1;
  ctx.lineCap = "square";
  ctx.beginPath();
  if (kind === "slash" || kind === "cross") slanted(ctx, 1);
  if (kind === "backslash" || kind === "cross") slanted(ctx, -1);
  if (kind === "level") {
    ctx.moveTo(0, 4);
    ctx.lineTo(PERIOD, 4);
  }
  ctx.stroke();
  if (kind === "dots") {
    ctx.beginPath();
    for (const [x, y] of [[2, 2], [6, 6]]) {
      ctx.moveTo(x, y);
      ctx.arc(x, y, 1.15, 0, 2 * Math.PI);
    }
    ctx.fill();
  }
  return canvas;
}

function slanted(ctx, sign) {
  for (const shift of [-PERIOD, 0, PERIOD]) {
    ctx.moveTo(shift, sign > 0 ? PERIOD : 0);
    ctx.lineTo(shift + PERIOD, sign > 0 ? 0 : PERIOD);
  }
}

// `scale` is the size of the drawing's unit in CSS pixels: patterns must not grow with the drawing.
export function patternFill(ctx, kind, colour, ratio, scale) {
  if (!kind || kind === "plain") return null;
  const pattern = ctx.createPattern(patternTile(kind, colour, ratio), "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / (ratio * scale)));
  return pattern;
}
