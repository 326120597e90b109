// Finds the maps that Folium made on this page and hands each to its facade.

import { WardMap } from "./facade.js";

const wanted = new Map(); // name -> { promise, resolve, reject }
let over = null; // why no further map will come, once all that there are have been made

function slot(name) {
  if (!wanted.has(name)) {
    const entry = {};
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    entry.promise.catch(() => {}); // heard by whoever asked; that nobody asked is no second error
    wanted.set(name, entry);
    if (over) entry.reject(over);
  }
  return wanted.get(name);
}

// Rejects when the map could not be made: the page says so and works without it.
export function get(name = "main") {
  return slot(name).promise;
}

const factsOf = (entry) => JSON.parse(document.getElementById(entry.block).textContent);

export async function build(loaders) {
  window.wardmap = { get };
  const maps = new Map();
  let trouble = new Error("there is no such map on this page");
  try {
    assemble(maps, loaders);
  } catch (error) {
    console.error(error);
    trouble = error;
  }
  for (const ward of maps.values()) {
    slot(ward.name).resolve(ward);
    ward.tell("wardmap:ready", { name: ward.name });
  }
  over = trouble;
  for (const entry of wanted.values()) entry.reject(over); // those that were resolved stay so
  return maps;
}

function assemble(maps, loaders) {
  const queue = window.wardmapQueue || [];
  for (const entry of queue.filter((e) => e.type === "map")) {
    maps.set(entry.map, new WardMap(entry.map, factsOf(entry), loaders));
  }
  for (const entry of queue.filter((e) => e.type !== "map")) {
    const ward = maps.get(entry.map);
    // One layer that cannot be fetched must not keep the others away.
    if (ward) ward.addLayer(entry.type, entry.group, factsOf(entry)).catch((error) => console.error(error));
  }
}
