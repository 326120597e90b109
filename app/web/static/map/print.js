// The map on one sheet of paper: everything else on the page steps aside, and lines are drawn twice as fine.

import { forceRatio } from "./ratio.js";

const PATIENCE_MS = 6000;
const MOSTLY = 0.7; // when the sheet shows less of the view than this share, step back
const SHEET = "@page { size: A4 landscape; margin: 10mm; }";

export async function printMap(ward) {
  const { map, container } = ward;
  const view = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds(), size: map.getSize() };
  const legend = ward.controls.legend?.box;
  const folded = legend && !legend.open;
  // Only while the map is printed: other prints of the same page keep the paper they like.
  const paper = new CSSStyleSheet();
  paper.replaceSync(SHEET);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, paper];
  document.documentElement.classList.add("wardmap-printing");
  container.classList.add("wardmap-on-paper");
  if (legend) legend.open = true;
  forceRatio(2);
  map.invalidateSize({ animate: false });
  const sheet = map.getSize();
  if (Math.min(sheet.x / view.size.x, sheet.y / view.size.y) < MOSTLY) map.fitBounds(view.bounds, { animate: false });
  else map.setView(view.centre, view.zoom, { animate: false });
  await drawn(ward);
  const restore = () => {
    forceRatio(0);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== paper);
    document.documentElement.classList.remove("wardmap-printing");
    container.classList.remove("wardmap-on-paper");
    if (folded) legend.open = false;
    map.invalidateSize({ animate: false });
    map.setView(view.centre, view.zoom, { animate: false });
    repaint(ward);
  };
  window.addEventListener("afterprint", restore, { once: true });
  window.print();
}

// When every tile of the new view is there, or after a while without the missing ones.
async function drawn(ward) {
  const layers = [ward.backdrop, ward.buildings].filter(Boolean).map((part) => part.layer);
  const until = performance.now() + PATIENCE_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, 120));
  } while (layers.some((layer) => layer.isLoading()) && performance.now() < until);
  repaint(ward);
}

export function repaint(ward) {
  for (const part of [ward.backdrop, ward.buildings]) part?.layer.repaint();
  for (const sheet of [ward.ground, ward.lines, ward.labels.sheet]) sheet.render();
}
