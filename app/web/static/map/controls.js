// The small things around a map: zoom, scale, place, full screen, print, legend, colour choice, notices.

import { fill, made } from "./words.js";
import { LegendBox } from "./legend.js";
import { printMap } from "./print.js";

const SHAPES = {
  zoom_in: "M12 5v14M5 12h14",
  zoom_out: "M5 12h14",
  zoom_all: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  locate: "M12 3v3M12 18v3M3 12h3M18 12h3M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10",
  full_screen: "M4 8V4h4M20 8V4h-4M4 16v4h4M20 16v4h-4M9 12h6M12 9v6",
  print: "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
};

function panel(ward, position, className) {
  const control = new L.Control({ position });
  const box = made("div", `wardmap-panel ${className}`);
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  control.onAdd = () => box;
  control.addTo(ward.map);
  return box;
}

export function addControls(ward) {
  const { facts, map, words } = ward;
  const wanted = new Set(facts.controls);
  const parts = {};
  const bar = panel(ward, "topleft", "wardmap-bar");
  if (wanted.has("zoom")) {
    bar.append(iconButton("zoom_in", words.zoom_in, () => map.zoomIn()));
    bar.append(iconButton("zoom_out", words.zoom_out, () => map.zoomOut()));
  }
  if (wanted.has("zoom_all") && facts.bounds) bar.append(iconButton("zoom_all", words.zoom_all, () => ward.zoomTo(facts.bounds)));
  if (wanted.has("locate") && navigator.geolocation) parts.locate = addLocate(ward, bar);
  if (wanted.has("full_screen") && document.fullscreenEnabled) addFullScreen(ward, bar);
  if (wanted.has("print")) bar.append(iconButton("print", words.print, () => printMap(ward)));
  if (facts.colourBy.length) addChoices(ward, words);
  if (wanted.has("legend")) parts.legend = new LegendBox(ward, facts.legend);
  if (wanted.has("scale")) L.control.scale({ imperial: false, maxWidth: 110, position: "bottomleft" }).addTo(map);
  addCredits(ward, wanted.has("north"));
  if (!bar.children.length) bar.remove();
  addPrintHead(ward);
  return parts;
}

function iconButton(name, label, act) {
  const button = made("button", `wardmap-button wardmap-${name}`);
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(icon(SHAPES[name]));
  button.addEventListener("click", act);
  return button;
}

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", shape);
  svg.append(path);
  return svg;
}

// Asked for only when pressed; the place is drawn here and goes nowhere.
function addLocate(ward, bar) {
  let spot = null;
  const found = ({ coords }) => {
    const here = [coords.latitude, coords.longitude];
    spot?.remove();
    spot = L.layerGroup([
      L.circle(here, { radius: coords.accuracy, stroke: false, fillOpacity: 0.12, interactive: false }),
      L.circleMarker(here, { radius: 7, color: "#ffffff", weight: 2, fillColor: "#1a73c7", fillOpacity: 1, interactive: false }),
    ]).addTo(ward.map);
    ward.map.setView(here, Math.max(ward.map.getZoom(), 16));
  };
  const refused = () => ward.notice.say(ward.words.locate_refused, { brief: true });
  const ask = () => navigator.geolocation.getCurrentPosition(found, refused, { enableHighAccuracy: true, timeout: 15000 });
  bar.append(iconButton("locate", ward.words.locate, ask));
}

function addFullScreen(ward, bar) {
  const toggle = () => (document.fullscreenElement ? document.exitFullscreen() : ward.container.requestFullscreen());
  const button = iconButton("full_screen", ward.words.full_screen, toggle);
  document.addEventListener("fullscreenchange", () => {
    button.setAttribute("aria-pressed", String(document.fullscreenElement === ward.container));
    ward.map.invalidateSize();
  });
  bar.append(button);
}

function addPrintHead(ward) {
  if (!ward.facts.title) return;
  const head = made("div", "wardmap-title", ward.facts.title);
  ward.container.append(head);
}

function addChoices(ward, words) {
  const { colourBy, colouredBy } = ward.facts;
  const label = made("label", "", words.colour_by);
  const select = made("select");
  for (const choice of colourBy) {
    const option = made("option", "", choice.label);
    option.value = choice.key;
    option.selected = choice.key === colouredBy;
    select.append(option);
  }
  select.addEventListener("change", () => ward.tell("wardmap:colour-by", { key: select.value }));
  label.append(select);
  panel(ward, "topright", "wardmap-choices").append(label);
}

function addCredits(ward, north) {
  const box = panel(ward, "bottomright", "wardmap-credits");
  if (north) {
    const arrow = made("span", "wardmap-north");
    arrow.setAttribute("role", "img");
    arrow.setAttribute("aria-label", ward.words.north);
    arrow.append(icon("M12 3l5 17-5-4-5 4z"), made("b", "", "N"));
    box.append(arrow);
  }
  box.append(made("span", "wardmap-credit", ["Wardmap 守望图", "Leaflet", ...ward.facts.credits].join(" · ")));
}

// One line over the map: an instruction while a tool is on, or a trouble with a way out.
export class Notice {
  constructor(ward) {
    this.ward = ward;
    this.box = made("div", "wardmap-notice");
    this.box.setAttribute("role", "status");
    this.box.hidden = true;
    this.text = made("span");
    this.retries = new Set();
    this.ended = null; // the refusal that said so, when the session has ended
    this.box.append(this.text);
    L.DomEvent.disableClickPropagation(this.box);
    ward.container.append(this.box);
  }

  say(sentence, { brief = false } = {}) {
    for (const way of this.box.querySelectorAll("a, button")) way.remove();
    this.text.textContent = fill(sentence);
    this.box.hidden = false;
    clearTimeout(this.timer);
    if (brief) this.timer = setTimeout(() => this.hush(), 4000);
  }

  // A trouble that was talked over is still there.
  hush() {
    clearTimeout(this.timer);
    this.box.hidden = true;
    if (this.retries.size) this.offerWays();
  }

  // `again` asks anew for what did not come. Several troubles share one button, which tries all of them.
  trouble(error, again) {
    this.retries.add(again);
    if (error?.signIn) this.ended = error;
    this.offerWays();
  }

  offerWays() {
    this.say(this.ended ? this.ended.message : this.ward.words.tiles_failed);
    if (this.ended) this.box.append(this.signInLink(this.ended.signIn));
    const button = made("button", "", this.ward.words.retry);
    button.type = "button";
    button.addEventListener("click", () => {
      const retries = [...this.retries];
      this.retries.clear();
      this.ended = null;
      this.hush();
      for (const again of retries) again();
    });
    this.box.append(button);
  }

  signInLink(address) {
    const link = made("a", "", this.ward.words.sign_in);
    link.href = address;
    // The page writes into its address what is open: the place to come back to is known when one leaves.
    link.addEventListener("click", () => (link.href = `${address}?next=${encodeURIComponent(location.pathname + location.search)}`));
    return link;
  }
}
