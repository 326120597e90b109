// The legend: a swatch as the map draws it, with pattern and number, and what it means.

import { BUILDING, patternTile } from "./style.js";
import { made } from "./words.js";
import { ratio } from "./ratio.js";

const WIDTH = 26;
const HEIGHT = 16;
const OPEN_FROM = 700; // CSS pixels of map width: on a phone the legend waits folded

export class LegendBox {
  constructor(ward, legend) {
    this.ward = ward;
    this.box = made("details", "wardmap-legend");
    this.box.open = ward.container.clientWidth >= OPEN_FROM;
    this.title = made("summary");
    this.list = made("ul");
    this.note = made("p");
    this.box.append(this.title, this.list, this.note);
    const control = new L.Control({ position: "bottomright" });
    const holder = made("div", "wardmap-panel");
    holder.append(this.box);
    L.DomEvent.disableClickPropagation(holder);
    L.DomEvent.disableScrollPropagation(holder);
    control.onAdd = () => holder;
    control.addTo(ward.map);
    this.holder = holder;
    this.show(legend);
  }

  show(legend) {
    this.holder.hidden = !legend || !legend.entries.length;
    this.list.replaceChildren();
    if (this.holder.hidden) return;
    this.title.textContent = legend.title || this.ward.words.legend;
    for (const entry of legend.entries) this.list.append(row(entry, entry.label));
    if (legend.noneLabel) this.list.append(row({ ...BUILDING, pattern: "plain", mark: "" }, legend.noneLabel));
    this.note.textContent = legend.note || "";
    this.note.hidden = !legend.note;
  }
}

function row(look, label) {
  const item = made("li");
  item.append(swatch(look), made("span", "", label));
  return item;
}

export function swatch(look) {
  const canvas = made("canvas", "wardmap-swatch");
  const r = ratio();
  canvas.width = WIDTH * r;
  canvas.height = HEIGHT * r;
  canvas.setAttribute("aria-hidden", "true");
  const ctx = canvas.getContext("2d");
  ctx.scale(r, r);
  ctx.beginPath();
  ctx.roundRect(1, 1, WIDTH - 2, HEIGHT - 2, 3);
  ctx.fillStyle = look.fill;
  ctx.fill();
  if (look.pattern && look.pattern !== "plain") {
    const pattern = ctx.createPattern(patternTile(look.pattern, look.stroke, r), "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / r));
    ctx.fillStyle = pattern;
    ctx.fill();
  }
  ctx.lineWidth = 1.3;
  ctx.strokeStyle = look.stroke;
  ctx.stroke();
  if (look.mark) {
    ctx.font = "700 11px sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeStyle = "rgba(255,255,255,0.9)";
    ctx.strokeText(look.mark, WIDTH / 2, HEIGHT / 2 + 0.5);
    ctx.fillStyle = look.stroke;
    ctx.fillText(look.mark, WIDTH / 2, HEIGHT / 2 + 0.5);
  }
  return canvas;
}
