// The panel beside the map: zones with their sums against the band, and how much is still in none.
import { el, fill, number, words } from '../shared.js';
import { swatch } from '../map/legend.js';

const said = words();
export const NONE = 0; // the target “in no zone”

export class ZonePanel {
  // act: { choose(id), zoom(id), rename(id), remove(id) }
  constructor(plan, facts, act) {
    Object.assign(this, { plan, facts, act });
    this.list = document.getElementById('zone-list');
    this.kept = `zone-${plan.path}`; // in the session, so that a reload goes on with the same zone
    this.target = this.keptTarget() ?? plan.state.zones[0]?.id ?? null;
    this.list.addEventListener('change', (event) => event.target.name === 'target' && act.choose(Number(event.target.value)));
    document.addEventListener('click', (event) => this.closeMenus(event.target));
    plan.addEventListener('state', () => this.show());
    this.show();
  }

  choose(id) {
    this.target = id;
    try { sessionStorage.setItem(this.kept, String(id)); } catch { /* forbidden here: then it is not kept */ }
    this.show();
    this.list.querySelector(`#zone-${id}`)?.scrollIntoView?.({ block: 'nearest' });
  }

  keptTarget() {
    let kept = null;
    try { kept = sessionStorage.getItem(this.kept); } catch { return null; }
    if (kept === null) return null;
    return Number(kept) === NONE ? NONE : this.plan.zone(Number(kept))?.id ?? null;
  }

  closeMenus(target) {
    for (const menu of this.list.querySelectorAll('details[open]')) if (!menu.contains(target)) menu.open = false;
  }

  show() {
    const { zones, sums } = this.plan.state;
    if (this.target !== NONE && !this.plan.zone(this.target)) this.target = zones[0]?.id ?? null;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.id : null;
    const rows = zones.map((zone) => this.row(zone));
    if (!zones.length) rows.push(el('p', { class: 'empty-state small' }, this.facts.editable ? said.noZones : said.noZonesView));
    if (this.facts.editable || sums.unassigned) rows.push(this.noneRow(sums));
    this.list.replaceChildren(...rows);
    // The zone may be gone, and the keyboard's place with it.
    if (focused !== null) (document.getElementById(focused) || this.list).focus({ preventScroll: true });
    this.showCover(sums);
  }

  row(zone) {
    const look = this.lookOf(zone.number);
    const face = [
      el('span', { class: 'zone-swatch' }, swatch(look)),
      el('span', { class: 'zone-words' },
        el('span', { class: 'zone-title' }, zone.title, zone.locked ? el('span', { class: 'zone-lock' }, said.locked) : null),
        el('span', { class: 'zone-sums' }, fill(said.buildingsHouseholds, { n: number(zone.buildings), h: number(zone.households) }))),
      this.band(zone),
    ];
    const row = el('div', { class: `zone-row${zone.id === this.target && this.facts.editable ? ' is-target' : ''}`, 'data-zone': zone.id });
    if (!this.facts.editable) {
      row.append(el('button', { type: 'button', class: 'zone-face', id: `zone-${zone.id}`, onclick: () => this.act.zoom(zone.id) }, face));
      return row;
    }
    row.append(this.radio(zone.id), el('label', { class: 'zone-face', for: `zone-${zone.id}` }, face), this.menu(zone));
    return row;
  }

  noneRow(sums) {
    const look = this.plan.state.legend.entries.at(-1);
    const face = [
      el('span', { class: 'zone-swatch' }, swatch(look)),
      el('span', { class: 'zone-words' },
        el('span', { class: 'zone-title' }, said.unassigned),
        el('span', { class: 'zone-sums' }, fill(said.buildingsHouseholds, { n: number(sums.unassigned), h: number(sums.unassigned_households) }))),
    ];
    if (this.facts.editable) face.push(el('span', { class: 'key-hint' }, fill(said.pressKey, { key: '0' })));
    const row = el('div', { class: `zone-row is-none${this.target === NONE ? ' is-target' : ''}` });
    if (this.facts.editable) row.append(this.radio(NONE), el('label', { class: 'zone-face', for: `zone-${NONE}` }, face));
    else row.append(el('div', { class: 'zone-face' }, face));
    return row;
  }

  radio(id) {
    const box = el('input', { type: 'radio', name: 'target', value: id, id: `zone-${id}`, class: 'visually-hidden' });
    box.checked = id === this.target;
    return box;
  }

  // Households as a bar from 0 to a little over the limit; the good band is marked on the track.
  band(zone) {
    const [low, high] = this.facts.band;
    const end = this.facts.limits[1] + 100;
    const percent = (households) => `${Math.min(100, (households / end) * 100)}%`;
    const good = el('span', { class: 'band-good' });
    good.style.left = percent(low);
    good.style.width = percent(high - low);
    const full = el('span', { class: `band-fill band-${zone.band}` });
    full.style.width = percent(zone.households);
    const title = `${fill(said.householdsN, { h: number(zone.households) })} · ${zone.bandText}`;
    return el('span', { class: 'band', title },
      el('span', { class: 'band-track', 'aria-hidden': 'true' }, good, full),
      el('span', { class: `band-text band-${zone.band}` }, zone.bandText));
  }

  menu(zone) {
    const entry = (text, act, bad = false) => el('button', { type: 'button', class: bad ? 'is-bad' : null, onclick: (event) => {
      const menu = event.target.closest('details');
      // What is hidden loses the keyboard's place: a dialogue gives it back to the button that it was opened from.
      menu.querySelector('summary').focus();
      menu.open = false;
      act(zone.id);
    } }, text);
    return el('details', { class: 'zone-menu' },
      el('summary', { 'aria-label': fill(said.more, { zone: zone.title }), id: `menu-${zone.id}` }, '⋯'),
      el('div', { class: 'menu-box' }, entry(said.zoomTo, this.act.zoom), entry(said.rename, this.act.rename), entry(zone.locked ? said.unlock : said.lock, this.act.lock), entry(said.remove, this.act.remove, true)));
  }

  lookOf(zoneNumber) {
    return this.plan.state.legend.entries.find((entry) => entry.group === zoneNumber);
  }

  showCover(sums) {
    const done = sums.buildings - sums.unassigned;
    document.getElementById('cover-fill').style.width = `${sums.buildings ? (100 * done) / sums.buildings : 0}%`;
    const share = sums.households ? (100 * (sums.households - sums.unassigned_households)) / sums.households : 0;
    document.getElementById('cover-text').textContent = fill(said.covered, { n: number(done), all: number(sums.buildings) });
    const { deviation } = this.plan.state;
    document.getElementById('deviation').textContent = [
      sums.unassigned ? fill(said.share, { share: `${share.toFixed(share > 99 || share === 0 ? 0 : 1)}%` }) : '',
      deviation != null ? fill(said.deviation, { share: `${Math.round(deviation * 100)}%` }) : '',
    ].filter(Boolean).join(' · ');
    document.getElementById('next-unassigned').hidden = !sums.unassigned;
  }
}
