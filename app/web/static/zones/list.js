// The list of buildings: what the lasso does, for people who use the keyboard or look for an address.
import { el, fill, get, later, number, toast, words } from '../shared.js';

const said = words();

export class BuildingList {
  // act: { give(zoneId|null, ids), look(building), picked(ids) }
  constructor(plan, facts, act) {
    Object.assign(this, { plan, facts, act });
    this.chosen = new Set();
    this.page = 1;
    this.shown = { buildings: [], count: 0, households: 0, page: 1, pages: 1 };
    this.round = 0;
    this.box = (id) => document.getElementById(id);
    this.listen();
    plan.addEventListener('state', () => this.showChoices());
    this.showChoices();
  }

  listen() {
    const again = () => { this.page = 1; this.load(); };
    this.box('list-q').addEventListener('input', later(again, 220));
    for (const id of ['list-zone', 'list-sort']) this.box(id).addEventListener('change', again);
    this.box('list-filter').addEventListener('submit', (event) => { event.preventDefault(); again(); });
    if (!this.facts.editable) return;
    this.box('choose-page').addEventListener('click', () => this.choose(this.shown.buildings.map((one) => one.id)));
    this.box('choose-none').addEventListener('click', () => { this.chosen.clear(); this.show(); });
    this.box('choose-all').addEventListener('click', () => this.chooseAll());
    this.box('give-now').addEventListener('click', () => this.give());
    this.box('give-zone').addEventListener('change', () => this.nameButton());
  }

  get open() {
    return !this.box('list-part').hidden;
  }

  query() {
    const asked = new URLSearchParams({ q: this.box('list-q').value.trim(), sort: this.box('list-sort').value });
    if (this.box('list-zone').value !== '') asked.set('zone', this.box('list-zone').value);
    return asked;
  }

  async load() {
    const round = (this.round += 1);
    try {
      const asked = this.query();
      asked.set('page', this.page);
      const shown = await get(`${this.plan.path}/buildings.json?${asked}`);
      if (round !== this.round) return; // a later question has been asked
      this.shown = shown;
      if (this.page > shown.pages) { this.page = shown.pages; await this.load(); return; }
      this.show();
    } catch (problem) {
      toast(problem.sentence || String(problem), { error: true });
    }
  }

  async chooseAll() {
    try {
      const { ids } = await get(`${this.plan.path}/buildings/ids.json?${this.query()}`);
      this.choose(ids);
    } catch (problem) {
      toast(problem.sentence || String(problem), { error: true });
    }
  }

  choose(ids) {
    for (const id of ids) this.chosen.add(id);
    this.show();
  }

  async give() {
    if (!this.chosen.size) { toast(said.pickFirst, { error: true }); return; }
    const zone = Number(this.box('give-zone').value);
    const done = await this.act.give(zone || null, [...this.chosen]);
    if (done) { this.chosen.clear(); await this.load(); }
  }

  showChoices() {
    const keep = (select, options) => {
      const before = select.value;
      select.replaceChildren(...options.map(([value, text]) => el('option', { value }, text)));
      if (options.some(([value]) => String(value) === before)) select.value = before;
    };
    const { zones } = this.plan.state;
    keep(this.box('list-zone'), [['', said.all], [0, said.unassigned], ...zones.map((zone) => [zone.number, zone.title])]);
    if (this.facts.editable) keep(this.box('give-zone'), [...zones.map((zone) => [zone.id, zone.title]), [0, said.unassigned]]);
    if (this.facts.editable) this.nameButton();
    if (this.open) this.load();
  }

  aim(zoneId) {
    if (!this.facts.editable || zoneId === null) return;
    this.box('give-zone').value = String(zoneId);
    this.nameButton();
  }

  nameButton() {
    this.box('give-now').textContent = this.box('give-zone').value === '0' ? said.takeOut : said.giveNow;
  }

  show() {
    const { buildings, count, households, page, pages } = this.shown;
    this.box('list-count').textContent = fill(said.found, { n: number(count), h: number(households) });
    const rows = buildings.map((one) => this.row(one));
    this.box('building-list').replaceChildren(...(rows.length ? rows : [el('li', { class: 'empty-state small' }, said.nobody)]));
    const turn = (to, text) => el('button', { type: 'button', class: 'btn btn-outline-primary btn-sm', disabled: to < 1 || to > pages, onclick: () => { this.page = to; this.load(); } }, text);
    this.box('list-pager').replaceChildren(...(pages > 1
      ? [turn(page - 1, said.previous), el('span', { class: 'muted small' }, fill(said.page, { page, pages })), turn(page + 1, said.next)] : []));
    if (this.facts.editable) this.showChosen();
  }

  row(one) {
    const name = one.name || said.unnamed;
    const zone = one.zone == null ? null : this.plan.numbered(one.zone);
    const badge = el('span', { class: `zone-badge${zone ? '' : ' is-none'}` }, zone ? String(zone.number) : said.unassigned);
    if (zone) {
      const look = this.plan.state.legend.entries.find((entry) => entry.group === zone.number);
      badge.style.background = look?.stroke;
      badge.title = zone.title;
    }
    const line = el('li', { class: 'building-line' });
    if (this.facts.editable) {
      const tick = el('input', { type: 'checkbox', class: 'form-check-input', 'aria-label': fill(said.selectOne, { name: `${name} ${one.address}` }) });
      tick.checked = this.chosen.has(one.id);
      tick.addEventListener('change', () => {
        if (tick.checked) this.chosen.add(one.id); else this.chosen.delete(one.id);
        this.showChosen();
      });
      line.append(tick);
    }
    line.append(
      el('button', { type: 'button', class: 'building-name', onclick: () => this.act.look(one) },
        el('span', {}, name), el('span', { class: 'muted small' }, one.address)),
      el('span', { class: 'number small' }, one.households == null ? '–' : fill(said.householdsN, { h: number(one.households) })),
      badge);
    return line;
  }

  // Only the bar and the map: the rows stay, and with them the keyboard's place.
  showChosen() {
    this.box('give-bar').hidden = !this.chosen.size;
    this.box('give-count').textContent = fill(said.selected, { n: number(this.chosen.size) });
    this.act.picked([...this.chosen]);
  }
}
