// The map beside the lists. When it cannot be shown the lists work without it.

import { fill, get, number, toast } from '../shared.js';

export class Stage {
  constructor(base, W) {
    this.base = base;
    this.W = W;
    this.onRow = () => {};
    this.codes = [];
    this.all = { type: 'FeatureCollection', features: [] };
  }

  async start() {
    try {
      // Fetched here, so that a browser that cannot draw the map still shows the lists.
      const [{ get: mapNamed }, { Incoming, Repair, lonLatOf }] = await Promise.all([import('wardmap'), import('./overlay.js')]);
      this.lonLatOf = lonLatOf;
      this.ward = await mapNamed('review');
      this.incoming = new Incoming();
      this.repair = new Repair();
      this.incoming.onPick = (shape) => { this.onRow(shape.id); };
      const marks = this.ward.outlines.findIndex((outline) => outline.goTo);
      // Shapes under the marks, the repair over everything.
      this.ward.outlines.splice(marks < 0 ? this.ward.outlines.length : marks, 0, this.incoming);
      this.ward.outlines.push(this.repair);
      await this.reload();
    } catch (problem) {
      console.error(problem);
      toast(this.W.noMap, { error: true });
    }
  }

  get marks() {
    return this.ward?.outlines.find((outline) => outline.goTo);
  }

  async reload() {
    if (this.ward) await Promise.all([this.reloadRows(), this.reloadMarks()]);
  }

  async reloadRows() {
    const collection = await get(`${this.base}/rows.geojson`);
    this.incoming.show(collection);
    if (collection.truncated) this.ward.notice.say(fill(this.W.tooManyDrawn, { n: number(collection.features.length) }), { brief: true });
    this.ward.redraw();
  }

  async reloadMarks() {
    this.all = await get(`${this.base}/findings.geojson`);
    this.filterFindings(this.codes);
  }

  // Only marks of these kinds; all of them when none is named.
  filterFindings(codes) {
    this.codes = codes;
    if (!this.ward) return;
    const features = this.all.features.filter((feature) => !codes.length || codes.includes(feature.properties.code));
    this.ward.showOutlines({ type: 'FeatureCollection', features }, 'findings');
  }

  setVerdict(verdict) {
    if (!this.ward) return;
    this.incoming.verdict = verdict;
    this.ward.redraw();
  }

  clearChoice() {
    if (!this.ward) return;
    this.repair.clear();
    this.incoming.chosen = null;
    this.incoming.hidden = null;
    this.ward.redraw();
  }

  showFinding(finding) {
    if (!this.ward) return;
    this.clearChoice();
    this.incoming.chosen = finding.row_no;
    const { marks } = this;
    const index = marks ? marks.shapes.findIndex((shape) => shape.id === finding.id) : -1;
    if (index >= 0) marks.goTo(index, false);
    this.zoomToRow(finding);
  }

  showRow(row) {
    if (!this.ward) return;
    this.clearChoice();
    this.incoming.chosen = row.row_no;
    this.zoomToRow(row);
  }

  // A building outside every community is shown with the nearest one, so that one sees how far it is.
  async showUnplaced(row) {
    if (!this.ward) return;
    this.clearChoice();
    this.incoming.chosen = row.row_no;
    if (!await this.drawn(row.row_no)) return;
    const areas = this.ward.outlines.find((outline) => outline.facts?.level === 'community');
    const shape = this.incoming.of(row.row_no);
    if (!areas?.shapes.length || !shape) {
      this.zoomToRow(row);
      return;
    }
    const [x, y] = [(shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2];
    const gap = (box) => Math.hypot(Math.max(box[0] - x, 0, x - box[2]), Math.max(box[1] - y, 0, y - box[3]));
    const nearest = areas.shapes.reduce((best, area) => (gap(area.box) < gap(best.box) ? area : best));
    const bounds = this.ward.boundsOf({ features: [this.incoming.source.get(row.row_no)] });
    for (const corner of [[0, 1], [2, 3]]) {
      const [lon, lat] = this.lonLatOf(nearest.box[corner[0]], nearest.box[corner[1]]);
      bounds.extend([lat, lon]);
    }
    this.ward.map.fitBounds(bounds, { padding: [40, 40], maxZoom: 17 });
    this.ward.redraw();
  }

  // Of a large file only a part is drawn; the rest is fetched when somebody looks at it. False when they look on already.
  async drawn(rowNo) {
    if (rowNo && !this.incoming.of(rowNo)) {
      this.incoming.add(await get(`${this.base}/rows.geojson?row=${rowNo}`).catch(() => ({ features: [] })));
    }
    return this.incoming.chosen === rowNo;
  }

  // To its shape when that is small enough to be a place, else to the point itself.
  async zoomToRow({ row_no: rowNo, lon, lat }) {
    if (!await this.drawn(rowNo)) return;
    const shape = this.incoming.of(rowNo);
    if (shape) this.zoomToFeatures([this.incoming.source.get(shape.id)]);
    else if (lon != null) this.ward.map.setView([lat, lon], Math.max(17, this.ward.map.getZoom()));
    this.ward.redraw();
  }

  zoomToFeatures(features) {
    const bounds = this.ward.boundsOf({ features });
    if (bounds) this.ward.map.fitBounds(bounds, { padding: [48, 48], maxZoom: 18 });
  }

  showRepair(repaired) {
    if (!this.ward) return;
    this.repair.show(repaired);
    this.incoming.hidden = repaired.row_no;
    const features = [repaired.before, repaired.after].filter(Boolean).map((geometry) => ({ geometry, properties: {} }));
    this.zoomToFeatures(features);
    this.ward.redraw();
  }

  setRepairMode(mode) {
    if (!this.ward) return;
    this.repair.mode = mode;
    this.ward.redraw();
  }
}
