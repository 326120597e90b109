// A table that fetches its rows by the page and is walked with the arrow keys.

import { fill, get, number, toast, words } from '../shared.js';

const W = words();

export class PagedList {
  // address(after) -> URL; rowsOf(answer) -> items; makeRow(item) -> <tr>; onSelect(item) follows the choice.
  constructor(table, { more, shown, address, rowsOf, makeRow, onSelect, keyOf }) {
    Object.assign(this, { table, more, shown, address, rowsOf, makeRow, onSelect, keyOf });
    this.body = table.tBodies[0];
    this.items = [];
    this.current = -1;
    more?.addEventListener('click', () => this.fetchMore());
    this.body.addEventListener('click', (event) => {
      if (event.target.closest('input, a, button, select')) return;
      const row = event.target.closest('tr[data-index]');
      if (row) this.select(Number(row.dataset.index));
    });
    this.body.addEventListener('keydown', (event) => this.key(event));
  }

  async load() {
    this.asked = (this.asked || 0) + 1;
    this.items = [];
    this.next = null;
    this.current = -1;
    this.body.replaceChildren();
    await this.fetchMore();
  }

  // A page that is on its way is not asked for twice.
  fetchMore() {
    const { asked } = this;
    if (this.coming?.asked === asked) return this.coming.page;
    const page = this.fetchPage(asked)
      .catch((problem) => toast(problem.sentence || W.failed, { error: true }))
      .finally(() => { if (this.coming?.page === page) this.coming = null; });
    this.coming = { asked, page };
    return page;
  }

  async fetchPage(asked) {
    const answer = await get(this.address(this.next));
    // Another filter was chosen while this was on its way.
    if (asked !== this.asked) return;
    this.total = answer.total;
    this.next = answer.next;
    for (const item of this.rowsOf(answer)) {
      const row = this.makeRow(item);
      row.dataset.index = this.items.length;
      row.tabIndex = this.items.length === Math.max(0, this.current) ? 0 : -1;
      row.setAttribute('aria-selected', 'false');
      this.items.push(item);
      this.body.append(row);
    }
    if (this.more) {
      this.more.hidden = this.next == null;
      this.more.textContent = fill(W.more, { n: number(Math.min(50, this.total - this.items.length)) });
    }
    if (this.shown) {
      this.shown.textContent = this.items.length
        ? fill(W.shownOf, { shown: number(this.items.length), total: number(this.total) }) : W.noneFound;
    }
  }

  get item() {
    return this.items[this.current] || null;
  }

  async select(index, { focus = false, quiet = false } = {}) {
    if (index >= this.items.length && this.next != null) await this.fetchMore();
    if (index < 0 || index >= this.items.length) return;
    const before = this.body.rows[this.current];
    if (before) Object.assign(before, { tabIndex: -1 }).setAttribute('aria-selected', 'false');
    this.current = index;
    const row = this.body.rows[index];
    this.body.rows[0].tabIndex = -1;
    row.tabIndex = 0;
    row.setAttribute('aria-selected', 'true');
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
    if (!quiet) this.onSelect(this.items[index], index);
  }

  // Go to an item by its key, fetching a few pages if need be.
  async find(key) {
    for (let page = 0; page < 20; page += 1) {
      const index = this.items.findIndex((item) => this.keyOf(item) === key);
      const known = this.items.length;
      if (index >= 0 || this.next == null) return index;
      await this.fetchMore();
      if (this.items.length === known) return -1;
    }
    return -1;
  }

  key(event) {
    const moves = { ArrowDown: this.current + 1, ArrowUp: Math.max(0, this.current - 1), Home: 0, End: this.items.length - 1 };
    if (event.target.closest('input, select')) return;
    if (event.key in moves) this.select(moves[event.key], { focus: true });
    else if (event.key === ' ' || event.key === 'Enter') this.toggle(event);
    else return;
    event.preventDefault();
  }

  toggle(event) {
    const box = event.target.closest('tr')?.querySelector('input[type="checkbox"]');
    if (box) box.click();
    else this.select(Number(event.target.closest('tr')?.dataset.index ?? 0), { focus: true });
  }
}
