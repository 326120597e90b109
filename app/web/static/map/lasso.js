// Draw around buildings with mouse, pen or finger; the polygon goes to the page, which asks the server what is inside.

import { made } from "./words.js";

const STEP = 3; // CSS pixels between kept points
const LEAST_AREA = 60; // square CSS pixels

export class Lasso {
  constructor(ward) {
    this.ward = ward;
    this.busy = false;
    this.callback = null;
  }

  // Goes on until stop(): callback({ polygon, mode }), mode "replace", "add" or "remove".
  start(callback) {
    this.stop();
    this.callback = callback;
    this.busy = true;
    this.cover = made("div", "wardmap-lasso");
    this.picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.trace = document.createElementNS("http://www.w3.org/2000/svg", "path");
    this.picture.setAttribute("aria-hidden", "true");
    this.picture.append(this.trace);
    this.cover.append(this.picture);
    this.ward.container.append(this.cover);
    this.ward.notice.say(this.ward.words.lasso_add);
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.cover.addEventListener(type, (event) => this[type](event));
    }
    // Leaflet must not pan, zoom or click below a lasso.
    for (const type of ["mousedown", "touchstart", "click", "dblclick", "contextmenu"]) {
      this.cover.addEventListener(type, (event) => event.stopPropagation());
    }
    this.escape = (event) => event.key === "Escape" && this.escaped();
    document.addEventListener("keydown", this.escape);
    this.ward.tell("wardmap:lasso-start", {});
  }

  stop() {
    if (!this.busy) return;
    this.busy = false;
    this.cover.remove();
    document.removeEventListener("keydown", this.escape);
    this.ward.notice.hush();
    this.ward.tell("wardmap:lasso-stop", {});
  }

  // The first Esc drops the present stroke, the next one the lasso.
  escaped() {
    if (this.points) this.drop();
    else this.stop();
  }

  drop() {
    this.points = null;
    this.trace.setAttribute("d", "");
  }

  pointerdown(event) {
    if (!event.isPrimary) {
      this.drop(); // a second finger: not a stroke
      return;
    }
    if (event.button > 0) return;
    event.preventDefault();
    this.cover.setPointerCapture(event.pointerId);
    this.points = [this.place(event)];
    this.mode = modeOf(event);
    this.picture.dataset.mode = this.mode;
  }

  pointermove(event) {
    if (!this.points || !event.isPrimary) return;
    const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const move of moves.length ? moves : [event]) this.extend(this.place(move));
    const [first, ...rest] = this.points;
    this.trace.setAttribute("d", `M${first.join(" ")}${rest.map((p) => `L${p.join(" ")}`).join("")}Z`);
  }

  extend(point) {
    const last = this.points[this.points.length - 1];
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= STEP) this.points.push(point);
  }

  pointerup(event) {
    if (!this.points || !event.isPrimary) return;
    const points = this.points;
    const mode = modeOf(event) === "replace" ? this.mode : modeOf(event);
    this.drop();
    if (points.length < 4 || Math.abs(pixelArea(points)) < LEAST_AREA) {
      this.ward.notice.say(this.ward.words.lasso_small, { brief: true });
      return;
    }
    this.callback({ polygon: this.polygonOf(points), mode });
  }

  pointercancel() {
    this.drop();
  }

  place(event) {
    const box = this.cover.getBoundingClientRect();
    return [Math.round(event.clientX - box.left), Math.round(event.clientY - box.top)];
  }

  // Right-handed and closed, as RFC 7946 wants it.
  polygonOf(points) {
    const ring = points.map(([x, y]) => {
      const { lng, lat } = this.ward.map.containerPointToLatLng([x, y]);
      return [Number(lng.toFixed(7)), Number(lat.toFixed(7))];
    });
    if (pixelArea(points) > 0) ring.reverse(); // pixels count downwards
    ring.push(ring[0]);
    return { type: "Polygon", coordinates: [ring] };
  }
}

function modeOf(event) {
  if (event.altKey) return "remove";
  return event.shiftKey ? "add" : "replace";
}

function pixelArea(points) {
  let twice = 0;
  points.forEach(([x, y], i) => {
    const [px, py] = points[(i + points.length - 1) % points.length];
    twice += px * y - x * py;
  });
  return twice / 2;
}

