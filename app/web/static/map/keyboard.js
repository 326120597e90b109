// The map without a mouse: Leaflet pans and zooms; Enter starts a tour of the buildings in view, Esc ends it.

import { fill, made } from "./words.js";
import { lonLatOf } from "./geometry.js";

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ROW = 40; // CSS pixels: buildings this close in height are read as one row

export class KeyboardTour {
  constructor(ward) {
    this.ward = ward;
    this.stops = null;
    this.position = -1;
    this.voice = made("div", "wardmap-voice");
    this.voice.setAttribute("aria-live", "polite");
    this.voice.setAttribute("role", "status");
    ward.container.append(this.voice);
    // Before Leaflet's own listener, which would pan.
    ward.container.addEventListener("keydown", (event) => this.pressed(event), true);
    ward.container.addEventListener("focus", () => this.stops || this.say(ward.words.keys_hint));
    ward.container.addEventListener("blur", () => this.end(false));
    ward.map.on("moveend", () => this.moved());
  }

  say(sentence) {
    this.voice.textContent = sentence;
  }

  pressed(event) {
    if (event.target !== this.ward.container || event.ctrlKey || event.metaKey) return;
    if (!this.stops) {
      if (event.key === "Enter") this.begin(event);
      return;
    }
    const direction = DIRECTIONS[event.key];
    if (direction) this.goTowards(direction);
    else if (event.key === "Tab") {
      if (!this.goBy(event.shiftKey ? -1 : 1)) return; // past the last one Tab leaves the map
    } else if (event.key === "Enter" || event.key === " ") this.open();
    else if (event.key === "Escape") this.end(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  begin(event) {
    const stops = this.collect();
    event.preventDefault();
    if (!stops.length) {
      this.say(this.ward.words.keys_none);
      return;
    }
    this.stops = stops;
    const centre = this.ward.map.getSize().divideBy(2);
    this.position = nearest(stops, centre.x, centre.y);
    this.ward.notice.say(fill(this.ward.words.keys_started, { n: stops.length }));
    this.show();
  }

  end(aloud) {
    if (!this.stops) return;
    this.stops = null;
    this.ward.setRing(null);
    this.ward.notice.hush();
    if (aloud) this.say(this.ward.words.keys_left);
  }

  moved() {
    if (!this.stops) return;
    const here = this.stops[this.position];
    this.stops = this.collect();
    const again = this.stops.findIndex((stop) => stop.id === here.id);
    if (!this.stops.length) this.end(true);
    else this.position = again >= 0 ? again : 0;
  }

  // Buildings whose middle is in view, in reading order: rows from north to south, west to east.
  collect() {
    const { buildings, map } = this.ward;
    if (!buildings) return [];
    const size = map.getSize();
    const stops = [];
    for (const { tile, feature } of buildings.inView().values()) {
      const building = buildings.described(tile, feature);
      const [lon, lat] = lonLatOf(...building.world);
      const { x, y } = map.latLngToContainerPoint([lat, lon]);
      if (x >= 0 && y >= 0 && x <= size.x && y <= size.y) stops.push({ ...building, x, y });
    }
    return stops.sort((a, b) => Math.floor(a.y / ROW) - Math.floor(b.y / ROW) || a.x - b.x);
  }

  goBy(step) {
    const next = this.position + step;
    if (next < 0 || next >= this.stops.length) {
      this.end(false);
      return false;
    }
    this.position = next;
    this.show();
    return true;
  }

  goTowards([dx, dy]) {
    const here = this.stops[this.position];
    let best = -1;
    let least = Infinity;
    this.stops.forEach((stop, i) => {
      const ahead = (stop.x - here.x) * dx + (stop.y - here.y) * dy;
      const aside = Math.abs((stop.x - here.x) * dy) + Math.abs((stop.y - here.y) * dx);
      if (i === this.position || ahead <= 1 || aside > ahead * 2) return;
      const cost = ahead + aside * 2;
      if (cost < least) {
        least = cost;
        best = i;
      }
    });
    if (best < 0) {
      this.ward.map.panBy([dx * 160, dy * 160]); // nothing there yet: look further that way
      return;
    }
    this.position = best;
    this.show();
  }

  show() {
    const stop = this.stops[this.position];
    const { words } = this.ward;
    this.ward.setRing(stop.id);
    const facts = { name: stop.name || `${words.building} ${stop.id}`, group: stop.groupLabel };
    const sentence = stop.groupLabel ? words.keys_building_group : words.keys_building;
    this.say(fill(sentence, { ...facts, i: this.position + 1, n: this.stops.length }));
    this.ward.tell("wardmap:focus", { id: stop.id });
  }

  open() {
    this.ward.pick(this.stops[this.position], { keyboard: true });
  }
}

function nearest(stops, x, y) {
  let best = 0;
  stops.forEach((stop, i) => {
    const here = stops[best];
    if (Math.hypot(stop.x - x, stop.y - y) < Math.hypot(here.x - x, here.y - y)) best = i;
  });
  return best;
}
