// Finds the maps that Folium made on this page and hands each to its facade.

import { WardMap } from "./facade.js";

const wanted = new Map(); // name -> { promise, resolve }

function slot(name) {
  if (!wanted.has(name)) {
    const entry = {};
    entry.promise = new Promise((resolve) => (entry.resolve = resolve));
    wanted.set(name, entry);
  }
  return wanted.get(name);
}

export function get(name = "main") {
  return slot(name).promise;
}

const factsOf = (entry) => JSON.parse(document.getElementById(entry.block).textContent);

export async function build(loaders) {
  window.wardmap = { get };
  const queue = window.wardmapQueue || [];
  const maps = new Map();
  for (const entry of queue.filter((e) => e.type === "map")) {
    maps.set(entry.map, new WardMap(entry.map, factsOf(entry), loaders));
  }
  for (const entry of queue.filter((e) => e.type !== "map")) {
    const ward = maps.get(entry.map);
    // One layer that cannot be fetched must not keep the others away.
    if (ward) ward.addLayer(entry.type, entry.group, factsOf(entry)).catch((error) => console.error(error));
  }
  for (const ward of maps.values()) {
    slot(ward.name).resolve(ward);
    ward.tell("wardmap:ready", { name: ward.name });
  }
  return maps;
}
