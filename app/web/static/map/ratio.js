// How fine canvases are drawn. A module of its own, so that swatches can be drawn where no map is.

let forced = 0;

// Canvas pixels per CSS pixel. More than 2 costs time that no eye sees.
export const ratio = () => forced || Math.min(window.devicePixelRatio || 1, 2);

// Another ratio for a while, for paper; 0 goes back.
export function forceRatio(value) {
  forced = value;
}
