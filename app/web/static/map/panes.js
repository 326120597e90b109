// The order of things on the map, from the ground up.

const ORDER = [
  ["wardmap-pictures", 190],
  ["wardmap-backdrop", 210],
  ["wardmap-ground", 230],
  ["wardmap-buildings", 300],
  ["wardmap-lines", 420],
  ["wardmap-labels", 620],
];

export function addPanes(map, plain) {
  for (const [name, height] of ORDER) {
    const pane = map.getPane(name) || map.createPane(name);
    pane.style.zIndex = height;
    pane.style.pointerEvents = "none";
  }
  map.getContainer().classList.toggle("wardmap-paper", plain);
}
