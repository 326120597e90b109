// One map on a page: the layers Python asked for, what the page's scripts may do with them, what the map tells back.

import { ACCENT, INK } from "./style.js";
import { Areas, Zones } from "./outlines.js";
import { Backdrop } from "./backdrop.js";
import { Buildings } from "./buildings.js";
import { TileStore, refusal } from "./store.js";
import { Candidates, Findings } from "./findings.js";
import { Labels } from "./labels.js";
import { Lasso } from "./lasso.js";
import { KeyboardTour } from "./keyboard.js";
import { Notice, addControls } from "./controls.js";
import { PictureTiles } from "./pictures.js";
import { Sheet } from "./sheet.js";
import { addPanes } from "./panes.js";
import { buildingWriter, groundWriter } from "./townlabels.js";
import { latLngBounds, lonLatOf, worldOf } from "./geometry.js";
import { pathOf } from "./tiles.js";

const REACH = { mouse: 3, touch: 12, pen: 6 };

export class WardMap {
  // loaders(type, facts) answers { buildings, backdrop }: where decoded tiles come from.
  constructor(map, facts, loaders) {
    this.map = map;
    this.facts = facts;
    this.words = facts.words;
    this.name = facts.name;
    this.loaders = loaders;
    this.container = map.getContainer();
    this.outlines = [];
    this.ring = null;
    this.hovered = null;
    addPanes(map, facts.plain);
    this.container.setAttribute("aria-label", [facts.title, this.words.map].filter(Boolean).join(" · "));
    this.container.setAttribute("role", "application");
    this.labels = new Labels();
    this.ground = new Sheet((ctx, view) => this.outlines.forEach((o) => o.drawGround?.(ctx, view)), {
      pane: "wardmap-ground",
    });
    this.lines = new Sheet((ctx, view) => this.drawLines(ctx, view), { pane: "wardmap-lines" });
    for (const sheet of [this.ground, this.lines, this.labels.sheet]) sheet.addTo(map);
    this.notice = new Notice(this);
    this.again = () => this.retry();
    this.lasso = new Lasso(this);
    this.keyboard = new KeyboardTour(this);
    this.controls = addControls(this);
    this.listen();
  }

  // --- layers -----------------------------------------------------------

  async addLayer(type, group, facts) {
    const adders = {
      town_tiles: () => this.addTown(group, facts),
      local_town: () => this.addTown(group, facts),
      areas: () => this.addOutline(group, new Areas(facts, this.words), facts),
      zones: () => this.addOutline(group, new Zones(facts), facts),
      findings: () => this.addOutline(group, new Findings(this, facts), facts),
      candidates: () => this.addOutline(group, new Candidates(facts), facts),
      pictures: () => group.addLayer(new PictureTiles(facts)),
    };
    await adders[type]();
  }

  addTown(group, facts) {
    this.town = facts;
    const { buildings, backdrop } = this.loaders(facts);
    if (backdrop) {
      this.backdropSource = backdrop.source;
      this.backdrop = new Backdrop(new TileStore(backdrop.load), facts);
      this.adopt(group, this.backdrop.layer);
      this.labels.add(groundWriter(this.backdrop));
    }
    if (buildings) {
      this.buildingsSource = buildings.source;
      this.buildings = new Buildings(new TileStore(buildings.load), facts);
      this.adopt(group, this.buildings.layer);
      this.labels.add(buildingWriter(this.buildings));
    }
  }

  adopt(group, layer) {
    layer.on("tileload", () => this.labels.ask());
    layer.on("load", () => {
      this.labels.ask();
      if (this.ring || this.hovered) this.lines.ask();
      this.tell("wardmap:loaded", {});
    });
    layer.on("tilesfailed", ({ error }) => this.notice.trouble(error, this.again));
    group.addLayer(layer);
  }

  async addOutline(group, outline, facts) {
    this.outlines.push(outline);
    if (outline.labels) this.labels.add((view) => outline.labels(view));
    group.on("remove", () => this.dropOutline(outline));
    if (facts.url) await this.fetchOutline(outline, facts.url);
    this.redraw();
  }

  dropOutline(outline) {
    this.outlines = this.outlines.filter((other) => other !== outline);
    this.redraw();
  }

  async fetchOutline(outline, url, again = () => this.fetchOutline(outline, url, again)) {
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json, */*;q=0.5" } });
      if (!answer.ok) throw await refusal(answer);
      outline.show(await answer.json());
      this.redraw();
    } catch (error) {
      this.notice.trouble(error, again);
    }
  }

  redraw() {
    this.ground.ask();
    this.lines.ask();
    this.labels.ask();
  }

  drawLines(ctx, view) {
    for (const outline of this.outlines) outline.drawLines?.(ctx, view);
    for (const outline of this.outlines) outline.drawFocus?.(ctx, view);
    if (this.hovered && !(this.ring && this.ring.id === this.hovered.id)) this.drawRing(ctx, view, this.hovered.id, INK, 1.8);
    if (this.ring) this.drawRing(ctx, view, this.ring.id, this.ring.colour || ACCENT, 3.4);
  }

  // A ring around one building. Its pieces are clipped to their tiles, so that no seam shows.
  drawRing(ctx, view, id, colour, width) {
    for (const { tile, feature } of this.buildings.pieces(id)) {
      const count = 2 ** tile.z;
      const scale = view.world / count / 4096;
      const [left, top] = view.at(tile.x / count, tile.y / count);
      ctx.save();
      ctx.translate(left, top);
      ctx.scale(scale, scale);
      const edge = feature.whole ? 4096 : 0;
      ctx.beginPath();
      ctx.rect(-edge, -edge, 4096 + 2 * edge, 4096 + 2 * edge);
      ctx.clip();
      const path = pathOf([feature], true, { scale });
      ctx.lineJoin = "round";
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = (width + 3) / scale;
      ctx.stroke(path);
      ctx.strokeStyle = colour;
      ctx.lineWidth = width / scale;
      ctx.stroke(path);
      ctx.restore();
    }
  }

  // --- what the page may ask --------------------------------------------

  select(ids) {
    this.buildings?.select(ids || []);
  }

  setGroups(groups) {
    const entries = groups instanceof Map ? groups : new Map(Object.entries(groups));
    this.buildings?.setGroups(entries);
    this.labels.ask();
  }

  // What was set by id so far, to be put back when a change did not take effect.
  groupsOf(ids) {
    return new Map(ids.map((id) => [Number(id), this.buildings?.override.get(Number(id))]));
  }

  resetGroups(before) {
    this.buildings?.resetGroups(before);
    this.labels.ask();
  }

  setLegend(legend) {
    this.buildings?.setLegend(legend.entries);
    this.controls.legend?.show(legend);
    this.labels.ask();
  }

  // A new revision of the buildings: asked for anew, the present picture stays until they are here.
  async refresh(token) {
    if (!this.buildingsSource) return;
    if (token !== undefined) this.buildingsSource.template = withParameter(this.buildingsSource.template, "v", token);
    await this.reloadBuildings();
  }

  // Colour by another attribute; its legend arrives together with its tiles.
  async setColourBy(key, legend = null) {
    if (!this.buildingsSource) return;
    this.buildingsSource.template = withParameter(this.buildingsSource.template, "by", key);
    this.nextLegend = legend;
    await this.reloadBuildings();
  }

  // What was set by id before is in the new tiles, but only when all of them came.
  reloadBuildings() {
    const told = new Map(this.buildings.override);
    return this.buildings.layer.reload((whole) => {
      if (whole) this.buildings.forget(told);
      if (this.nextLegend) this.setLegend(this.nextLegend);
      this.nextLegend = null;
    });
  }

  zoomTo(bounds, options = {}) {
    const [west, south, east, north] = bounds;
    this.map.fitBounds([[south, west], [north, east]], { padding: [32, 32], maxZoom: 18, ...options });
  }

  // Show where one building is: three short pulses of the ring, steady where motion is unwelcome.
  flash(id) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const beats = still ? [true] : [true, false, true, false, true];
    clearInterval(this.pulse);
    const beat = () => {
      const on = beats.shift();
      this.ring = on ? { id: Number(id) } : null;
      this.lines.ask();
      if (!beats.length) {
        clearInterval(this.pulse);
        setTimeout(() => this.setRing(null), still ? 2500 : 900);
      }
    };
    beat();
    this.pulse = setInterval(beat, 260);
  }

  setRing(id, colour) {
    this.ring = id === null ? null : { id, colour };
    this.lines.ask();
  }

  // Replace the outlines of a kind ("zones", "community", "findings", …) by another FeatureCollection.
  showOutlines(collection, kind = "zones") {
    let outline = this.outlines.find((o) => o.facts?.level === kind || kindOf(o) === kind);
    if (!outline) {
      outline = kind === "zones" ? new Zones({ features: null, swatches: this.facts.swatches || [] }) : null;
      outline ??= new Areas({ level: kind, features: null, countsBelowZoom: 14 }, this.words);
      this.outlines.push(outline);
      this.labels.add((view) => outline.labels(view));
    }
    outline.show(collection);
    this.redraw();
  }

  boundsOf(collection) {
    return latLngBounds(collection.features || []);
  }

  // --- what the map tells -----------------------------------------------

  tell(type, detail) {
    return this.container.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, cancelable: true }));
  }

  listen() {
    const { map, container } = this;
    this.pointer = "mouse";
    container.addEventListener("pointerdown", (event) => (this.pointer = event.pointerType || "mouse"), true);
    map.on("click", (event) => this.clicked(event));
    map.on("mousemove", (event) => this.moved(event));
    map.on("mouseout", () => this.setHovered(null));
    map.on("zoomstart", () => this.setHovered(null));
  }

  clicked({ latlng, originalEvent }) {
    if (this.lasso.busy) return;
    const [x, y] = worldOf(latlng.lng, latlng.lat);
    const keys = { add: originalEvent.shiftKey, remove: originalEvent.altKey };
    for (const outline of this.outlines) {
      if (outline.clicked?.(x, y, this.map.getZoom())) return;
    }
    const building = this.buildings?.at(x, y, REACH[this.pointer] || 3);
    if (building) {
      this.pick(building, keys);
      return;
    }
    const area = this.areaAt(x, y);
    if (area) this.tell("wardmap:area", { code: area.id, name: area.props.name || "", level: area.level });
    else this.tell("wardmap:empty", { lngLat: [latlng.lng, latlng.lat] });
  }

  pick(building, keys = {}) {
    const lngLat = lonLatOf(...building.world);
    this.tell("wardmap:pick", { id: building.id, lngLat, name: building.name, group: building.group, ...keys });
  }

  areaAt(x, y) {
    for (const outline of [...this.outlines].reverse()) {
      if (!(outline instanceof Areas) || outline.facts.clickable === false) continue;
      const found = outline.at(x, y);
      if (found) return { ...found, level: outline.facts.level };
    }
    return null;
  }

  moved({ latlng, originalEvent }) {
    if (this.lasso.busy || this.map._animatingZoom || originalEvent.pointerType === "touch") return;
    const [x, y] = worldOf(latlng.lng, latlng.lat);
    const building = this.buildings?.at(x, y) || null;
    this.setHovered(building);
    let pointing = Boolean(building);
    for (const outline of this.outlines) {
      if (!(outline instanceof Areas) || outline.facts.clickable === false) continue;
      const area = building ? null : outline.at(x, y);
      if (area && this.map.getZoom() < outline.facts.countsBelowZoom) pointing = true;
      if ((area?.id ?? null) !== outline.hover) {
        outline.hover = area?.id ?? null;
        this.ground.ask();
      }
    }
    this.container.classList.toggle("wardmap-pointing", pointing);
  }

  setHovered(building) {
    if ((building?.id ?? null) === (this.hovered?.id ?? null)) return;
    this.hovered = building;
    this.lines.ask();
    this.tell("wardmap:hover", { id: building ? building.id : null });
  }

  retry() {
    this.backdrop?.layer.retry();
    this.buildings?.layer.retry();
  }
}

function kindOf(outline) {
  if (outline instanceof Zones) return "zones";
  if (outline instanceof Findings) return "findings";
  if (outline instanceof Candidates) return "candidates";
  return "";
}

function withParameter(template, name, value) {
  const [path, query = ""] = template.split("?");
  const kept = query.split("&").filter((part) => part && part.split("=")[0] !== name);
  if (value !== "" && value !== null) kept.push(`${name}=${encodeURIComponent(value)}`);
  return kept.length ? `${path}?${kept.join("&")}` : path;
}
