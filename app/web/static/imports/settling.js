// Buildings that fall nowhere or twice: looked at one by one, given to a community by list, key or map.

import { el, fill, post, toast } from '../shared.js';
import { PagedList } from './paged_list.js';

export class Settling {
  constructor({ base, W, stage, showCard, summaryChanged }) {
    Object.assign(this, { base, W, stage, showCard, summaryChanged });
    this.active = false;
    this.tab = document.getElementById('tab-unplaced');
    this.form = document.getElementById('settle');
    this.select = document.getElementById('settle-code');
    this.likely = document.getElementById('settle-likely');
    this.all = document.getElementById('settle-all');
    this.list = new PagedList(document.getElementById('unplaced'), {
      more: document.getElementById('unplaced-more'),
      address: (after) => `${base}/unplaced.json?after=${after ?? 0}`,
      rowsOf: (answer) => answer.rows,
      keyOf: (row) => row.row_no,
      makeRow: (row) => this.line(row),
      onSelect: (row) => this.look(row),
    });
    this.form?.addEventListener('submit', (event) => { event.preventDefault(); this.settle(); });
    this.all?.addEventListener('change', () => { for (const box of this.boxes()) box.checked = this.all.checked; });
    // A click into a community on the map chooses it.
    document.addEventListener('wardmap:area', ({ detail }) => {
      if (!this.active || !this.select) return;
      this.select.value = detail.code;
      if (this.select.value) this.form.querySelector('button').focus({ preventScroll: true });
    });
  }

  setActive(on) {
    this.active = on;
    if (this.form) this.form.hidden = !on || !this.list.total;
  }

  line(row) {
    const box = this.form && el('td', {}, el('input', { type: 'checkbox', class: 'form-check-input', value: row.row_no, 'aria-label': fill(this.W.row, { row: row.row_no }) }));
    return el('tr', {}, box, el('td', { class: 'number' }, row.row_no), el('td', {}, row.name || row.address || this.W.unnamed), el('td', {}, this.reason(row)));
  }

  reason(row) {
    if (row.reason !== 'community_several') return this.W.communityNone;
    return fill(this.W.communitySeveral, { names: row.candidates.map((one) => one.name).join('、') });
  }

  boxes() {
    return [...this.list.body.querySelectorAll('input[type="checkbox"]')];
  }

  async load() {
    try {
      await this.list.load();
    } catch (problem) {
      toast(problem.sentence, { error: true });
      return;
    }
    this.tab.hidden = !this.list.total && !this.active;
    this.tab.querySelector('.tab-count').textContent = String(this.list.total);
    if (this.all) this.all.checked = false;
    this.setActive(this.active);
  }

  look(row) {
    this.showCard(this.list, `${fill(this.W.row, { row: row.row_no })} · ${row.name || this.W.unnamed}`,
      row.address && el('p', {}, row.address), el('p', { class: 'muted small' }, row.lon == null ? `${this.reason(row)} · ${this.W.noPlace}` : this.reason(row)));
    this.stage.showUnplaced(row);
    if (!this.select) return;
    this.likely.replaceChildren(...row.candidates.map((one) => el('option', { value: one.code }, one.name)));
    this.likely.hidden = !row.candidates.length;
    this.select.value = '';
  }

  async settle() {
    const checked = this.boxes().filter((box) => box.checked).map((box) => Number(box.value));
    const rows = checked.length ? checked : [this.list.item?.row_no].filter(Boolean);
    const place = this.list.current;
    if (!rows.length || !this.select.value) {
      toast(this.W.choose, { error: true });
      return;
    }
    const name = this.select.selectedOptions[0].textContent;
    const button = this.form.querySelector('button');
    button.disabled = true;
    try {
      const answer = await post(`${this.base}/settle`, { rows, community_code: this.select.value });
      this.summaryChanged(answer);
      toast(rows.length === 1 ? fill(this.W.settledOne, { row: rows[0], name }) : fill(this.W.settled, { n: answer.settled }));
      await this.load();
      this.select.value = '';
      if (this.list.items.length) await this.list.select(Math.min(Math.max(place, 0), this.list.items.length - 1));
      else this.finish();
    } catch (problem) {
      toast(problem.sentence, { error: true });
    } finally {
      button.disabled = false;
    }
  }

  finish() {
    document.getElementById('current').hidden = true;
    this.stage.clearChoice();
    toast(this.W.allSettled);
  }
}
