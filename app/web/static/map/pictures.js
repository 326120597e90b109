// A base map of picture tiles. GCJ-02 tiles are drawn where they belong: moved tile by tile, our own data never.

import { lonLatOf } from "./geometry.js";
import { ratio } from "./ratio.js";

const SIDE = 256;
const AXIS = 6378245.0;
const ECCENTRICITY = 0.00669342162296594323;

export const PictureTiles = L.GridLayer.extend({
  initialize(facts) {
    this.facts = facts;
    L.GridLayer.prototype.initialize.call(this, {
      pane: "wardmap-pictures",
      maxNativeZoom: facts.maxNativeZoom,
      maxZoom: 20,
      keepBuffer: 2,
    });
  },

  createTile(coords, done) {
    return this.facts.gcj02 ? this.movedTile(coords, done) : this.plainTile(coords, done);
  },

  plainTile(coords, done) {
    const image = document.createElement("img");
    image.alt = "";
    image.referrerPolicy = "strict-origin-when-cross-origin";
    image.addEventListener("load", () => done(null, image));
    image.addEventListener("error", () => done(new Error("picture tile"), image));
    image.src = this.address(coords.z, coords.x, coords.y);
    return image;
  },

  // Our tile lies over up to four of theirs; each is drawn shifted, and the canvas cuts what sticks out.
  movedTile(coords, done) {
    const canvas = document.createElement("canvas");
    const r = ratio();
    canvas.width = SIDE * r;
    canvas.height = SIDE * r;
    const count = 2 ** coords.z;
    const [dx, dy] = gcjShift((coords.x + 0.5) / count, (coords.y + 0.5) / count);
    const left = coords.x * SIDE + dx * count * SIDE;
    const top = coords.y * SIDE + dy * count * SIDE;
    const ctx = canvas.getContext("2d");
    ctx.scale(r, r);
    const loads = [];
    for (let x = Math.floor(left / SIDE); x * SIDE < left + SIDE; x += 1) {
      for (let y = Math.floor(top / SIDE); y * SIDE < top + SIDE; y += 1) {
        loads.push(this.draw(ctx, coords.z, x, y, x * SIDE - left, y * SIDE - top));
      }
    }
    Promise.all(loads).then(() => done(null, canvas), (error) => done(error, canvas));
    return canvas;
  },

  draw(ctx, z, x, y, left, top) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        ctx.drawImage(image, left, top, SIDE, SIDE);
        resolve();
      };
      image.onerror = () => reject(new Error("picture tile"));
      image.src = this.address(z, x, y);
    });
  },

  address(z, x, y) {
    const { url, subdomains } = this.facts;
    const s = subdomains ? subdomains[Math.abs(x + y) % subdomains.length] : "";
    return url.replace("{s}", s).replace("{z}", z).replace("{x}", x).replace("{y}", y);
  },
});

// How far GCJ-02 moves a place, in world units (x east, y south).
export function gcjShift(worldX, worldY) {
  const [lon, lat] = lonLatOf(worldX, worldY);
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [0, 0];
  const x = lon - 105;
  const y = lat - 35;
  const radians = (lat / 180) * Math.PI;
  const magic = 1 - ECCENTRICITY * Math.sin(radians) ** 2;
  const root = Math.sqrt(magic);
  const north = (northTerm(x, y) * 180) / (((AXIS * (1 - ECCENTRICITY)) / (magic * root)) * Math.PI);
  const east = (eastTerm(x, y) * 180) / ((AXIS / root) * Math.cos(radians) * Math.PI);
  return [east / 360, -north / 360 / Math.cos(radians)];
}

const wave = (t, a, b) => 20 * Math.sin(a * t * Math.PI) + 20 * Math.sin(b * t * Math.PI);

function northTerm(x, y) {
  let sum = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
  sum += (wave(x, 6, 2) * 2) / 3;
  sum += ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3;
  return sum + ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
}

function eastTerm(x, y) {
  let sum = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
  sum += (wave(x, 6, 2) * 2) / 3;
  sum += ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3;
  return sum + ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
}
