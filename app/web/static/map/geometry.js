// Plane geometry. "World" coordinates are the Web Mercator square, 0 to 1 from the north-west corner.

const LIMIT_LATITUDE = 85.0511287798;

export function worldOf(lon, lat) {
  const sine = Math.sin((Math.max(-LIMIT_LATITUDE, Math.min(LIMIT_LATITUDE, lat)) * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

export function lonLatOf(x, y) {
  return [(x - 0.5) * 360, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90];
}

// A ring is a flat list x0, y0, x1, y1 … ; closing it is implied.
export function ringArea(ring) {
  let twice = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    twice += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  }
  return twice / 2;
}

export function ringsContain(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const yi = ring[i + 1];
      const yj = ring[j + 1];
      if (yi > y !== yj > y && x < ((ring[j] - ring[i]) * (y - yi)) / (yj - yi) + ring[i]) inside = !inside;
    }
  }
  return inside;
}

export function distanceToRings(rings, x, y) {
  let least = Infinity;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      least = Math.min(least, distanceToStretch(x, y, ring[j], ring[j + 1], ring[i], ring[i + 1]));
    }
  }
  return least;
}

function distanceToStretch(x, y, ax, ay, bx, by) {
  const dx = bx - ax;
  const dy = by - ay;
  const along = dx || dy ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

export function boxOf(rings) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      if (ring[i] < box[0]) box[0] = ring[i];
      if (ring[i] > box[2]) box[2] = ring[i];
      if (ring[i + 1] < box[1]) box[1] = ring[i + 1];
      if (ring[i + 1] > box[3]) box[3] = ring[i + 1];
    }
  }
  return box;
}

export function boxesMeet(a, b) {
  return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
}

// A point well inside: the middle of the longest stretch that a few level lines cut from the shape.
export function innerPoint(rings, box) {
  let best = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  let longest = -1;
  for (const share of [0.5, 0.35, 0.65]) {
    const y = box[1] + (box[3] - box[1]) * share;
    const cuts = levelCuts(rings, y);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const length = cuts[i + 1] - cuts[i];
      if (length > longest * (share === 0.5 ? 1 : 1.25)) {
        longest = length;
        best = [(cuts[i] + cuts[i + 1]) / 2, y];
      }
    }
  }
  return best;
}

function levelCuts(rings, y) {
  const cuts = [];
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const yi = ring[i + 1];
      const yj = ring[j + 1];
      if (yi > y !== yj > y) cuts.push(((ring[j] - ring[i]) * (y - yi)) / (yj - yi) + ring[i]);
    }
  }
  return cuts.sort((a, b) => a - b);
}

// GeoJSON geometry -> lists of flat world rings (polygons), lines and points.
export function worldShapes(geometry) {
  const shapes = { polygons: [], lines: [], points: [] };
  collect(geometry, shapes);
  return shapes;
}

function collect(geometry, shapes) {
  if (!geometry) return;
  const flat = (line) => line.flatMap((p) => worldOf(p[0], p[1]));
  const parts = geometry.coordinates;
  if (geometry.type === "Polygon") shapes.polygons.push(parts.map(flat));
  else if (geometry.type === "MultiPolygon") for (const part of parts) shapes.polygons.push(part.map(flat));
  else if (geometry.type === "LineString") shapes.lines.push(flat(parts));
  else if (geometry.type === "MultiLineString") for (const part of parts) shapes.lines.push(flat(part));
  else if (geometry.type === "Point") shapes.points.push(worldOf(parts[0], parts[1]));
  else if (geometry.type === "MultiPoint") for (const p of parts) shapes.points.push(worldOf(p[0], p[1]));
  else if (geometry.type === "GeometryCollection") for (const part of geometry.geometries) collect(part, shapes);
}

// Longitude/latitude box of a FeatureCollection as Leaflet wants it, or null.
export function latLngBounds(features) {
  const bounds = L.latLngBounds([]);
  for (const feature of features) {
    const shapes = worldShapes(feature.geometry);
    const flats = [...shapes.polygons.flat(), ...shapes.lines, ...shapes.points];
    for (const flat of flats) {
      for (let i = 0; i < flat.length; i += 2) {
        const [lon, lat] = lonLatOf(flat[i], flat[i + 1]);
        bounds.extend([lat, lon]);
      }
    }
  }
  return bounds.isValid() ? bounds : null;
}
