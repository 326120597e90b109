// Entry for the one-file export: the features are in the file, and so is everything else.

import { build } from "./registry.js";
import { localLoader } from "./local.js";
import { made } from "./words.js";

const KIND = { road: "road_class", water: "water_kind", green: "green_kind" };
const SHOWN = ["name", "code", "address", "kind", "floors", "units", "households"];

function tileProps(layer, feature) {
  const p = feature.properties || {};
  if (layer === "building") return { n: p.name || "", g: p.g };
  return { k: p[KIND[layer]] || "", n: p.name || "" };
}

function loaders(facts) {
  const { buildings, road, water, green } = facts;
  const details = new Map(buildings.features.map((feature) => [feature.id, feature.properties]));
  window.wardmapDetails = details;
  return {
    buildings: { load: localLoader({ building: buildings }, tileProps), source: null },
    backdrop: { load: localLoader({ road, water, green }, tileProps), source: null },
  };
}

function showDetail(ward, id, group) {
  const box = document.getElementById("wardmap-detail");
  const facts = window.wardmapDetails.get(id);
  if (!box || !facts) return;
  const lines = new Map();
  for (const key of SHOWN) {
    if (facts[key] === undefined || facts[key] === null || facts[key] === "") continue;
    lines.set(ward.words[key] || key, String(facts[key]));
  }
  // What its colour means, unless a line says so already: "kind" is both a fact and a way to colour.
  if (group && ![...lines.values()].includes(group.label)) lines.set(ward.town.groupTitle, group.label);
  const list = made("dl");
  for (const [name, value] of lines) list.append(made("dt", "", name), made("dd", "", value));
  const close = made("button", "", ward.words.close);
  close.type = "button";
  close.addEventListener("click", () => {
    box.hidden = true;
    ward.select([]);
    ward.container.focus();
  });
  box.replaceChildren(list, close);
  box.hidden = false;
}

build(loaders).then((maps) => {
  for (const ward of maps.values()) {
    ward.container.addEventListener("wardmap:pick", (event) => {
      const { id, group } = event.detail;
      ward.select([id]);
      showDetail(ward, id, ward.buildings.groups.get(group));
    });
  }
});
