// The review: findings, rows without a community and all rows, each list in step with the map.

import { el, fill, get, later, number, post, toast, words } from '../shared.js';
import './forms.js';
import { Stage } from './stage.js';
import { PagedList } from './paged_list.js';
import { Settling } from './settling.js';
import { known, watch } from './watch.js';

const W = words();
const base = `/imports/${known.id}`;
const byId = (id) => document.getElementById(id);
const current = byId('current');
const stage = new Stage(base, W);
let code = '';
let verdict = '';

// --- the three lists ---------------------------------------------------------

const findings = byId('findings') && new PagedList(byId('findings'), {
  more: byId('findings-more'),
  shown: byId('findings-shown'),
  address: (after) => `${base}/findings.json?${query({ code, after })}`,
  rowsOf: (answer) => answer.findings,
  keyOf: (finding) => finding.id,
  makeRow: (finding) => el('tr', {},
    el('td', { class: 'number' }, finding.row_no ?? '–'), el('td', {}, finding.name || (finding.row_no ? '–' : W.wholeFile)),
    el('td', {}, el('span', { class: `verdict-tag tag-${finding.severity}` }, W[finding.severity]), ' ', finding.title)),
  onSelect: showFinding,
});

const rows = new PagedList(byId('rows'), {
  more: byId('rows-more'),
  shown: byId('rows-shown'),
  address: (after) => `${base}/rows.json?${query({ verdict, q: byId('row-query').value.trim(), after })}`,
  rowsOf: (answer) => answer.rows,
  keyOf: (row) => row.row_no,
  makeRow: (row) => el('tr', {},
    el('td', { class: 'number' }, row.row_no), el('td', {}, row.name || row.address || '–'),
    el('td', {}, row.area_name || row.parent_name || '–'), el('td', {}, el('span', { class: `verdict-tag tag-${row.verdict}` }, W[row.verdict]))),
  onSelect: showRow,
});

const settling = new Settling({ base, W, stage, showCard, summaryChanged });

const query = (given) => new URLSearchParams(Object.entries(given).filter(([, value]) => value != null && value !== ''));

// --- the card of what is being looked at --------------------------------------

function showCard(list, title, ...content) {
  const step = (by, word, sign) => el('button', {
    type: 'button', class: 'btn btn-outline-secondary btn-sm step-button', 'aria-label': word, title: word,
    disabled: list.current + by < 0 || list.current + by >= list.total, onclick: () => list.select(list.current + by),
  }, sign);
  const position = fill(W.position, { i: number(list.current + 1), n: number(list.total) });
  current.replaceChildren(el('div', { class: 'card-head' }, el('h2', {}, title),
    el('div', { class: 'card-steps' }, el('span', { class: 'muted small number' }, position), step(-1, W.previous, '↑'), step(1, W.next, '↓'))),
  ...content.filter(Boolean));
  current.hidden = false;
}

async function showFinding(finding) {
  const name = [finding.row_no && fill(W.row, { row: finding.row_no }), finding.name].filter(Boolean).join(' · ') || W.wholeFile;
  showCard(findings, name, el('p', {}, el('span', { class: `verdict-tag tag-${finding.severity}` }, W[finding.severity]), ' ', finding.sentence));
  stage.showFinding(finding);
  if (!finding.repair || !finding.row_no) return;
  const repaired = await get(`${base}/repaired/${finding.row_no}`).catch(() => null);
  if (findings.item !== finding || !repaired?.after) return;
  stage.showRepair(repaired);
  const modes = ['before', 'both', 'after'].map((mode) => el('button', {
    type: 'button', class: 'chip', 'aria-pressed': String(mode === 'both'),
    onclick: (event) => {
      for (const other of event.target.parentNode.children) other.setAttribute('aria-pressed', String(other === event.target));
      stage.setRepairMode(mode);
    },
  }, W[mode]));
  current.append(el('div', { class: 'chips repair-modes', role: 'group', 'aria-label': W.both }, modes));
}

function showRow(row) {
  const facts = [[W.code, row.target_code || row.code], [W.address, row.address], [W.parent, row.parent_name || row.parent_code], [W.community, row.area_name]];
  const shown = facts.filter(([, value]) => value);
  showCard(rows, `${fill(W.row, { row: row.row_no })} · ${row.name || W.unnamed}`,
    el('dl', { class: 'facts' }, shown.flatMap(([word, value]) => [el('dt', {}, word), el('dd', {}, value)])),
    row.settled_code && known.mayChange && el('button', { type: 'button', class: 'btn btn-outline-secondary btn-sm', onclick: () => takeBack(row) }, W.takeBack));
  stage.showRow(row);
}

async function takeBack(row) {
  try {
    summaryChanged(await post(`${base}/settle`, { rows: [row.row_no], community_code: null }));
    await Promise.all([rows.load(), settling.load()]);
    current.hidden = true;
  } catch (problem) {
    toast(problem.sentence, { error: true });
  }
}

// --- filters -------------------------------------------------------------------

for (const chip of document.querySelectorAll('.finding-groups .chip')) {
  chip.addEventListener('click', () => filterFindings(chip.dataset.code === code ? '' : chip.dataset.code));
}

async function filterFindings(wanted) {
  code = wanted;
  for (const chip of document.querySelectorAll('.finding-groups .chip')) chip.setAttribute('aria-pressed', String(chip.dataset.code === code));
  stage.filterFindings(code ? [code] : []);
  current.hidden = true;
  await findings.load();
}

for (const figure of document.querySelectorAll('.figure')) {
  figure.addEventListener('click', () => {
    filterRows(figure.getAttribute('aria-pressed') === 'true' ? '' : figure.dataset.verdict);
    openTab('rows');
  });
}

function filterRows(wanted) {
  verdict = wanted;
  byId('row-verdict').value = wanted;
  for (const figure of document.querySelectorAll('.figure')) figure.setAttribute('aria-pressed', String(figure.dataset.verdict === wanted));
  stage.setVerdict(wanted);
  current.hidden = true;
  rows.load();
}

byId('row-verdict').addEventListener('change', (event) => filterRows(event.target.value));
byId('row-query').addEventListener('input', later(() => rows.load(), 250));

// --- tabs ------------------------------------------------------------------------

const tabs = [...document.querySelectorAll('[role="tab"]')];
const open = { findings: () => {}, rows: () => rows.items.length || rows.load(), unplaced: () => {} };

function openTab(name) {
  for (const tab of tabs) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !on;
  }
  current.hidden = true;
  stage.clearChoice();
  settling.setActive(name === 'unplaced');
  stage.filterFindings({ findings: code ? [code] : [], unplaced: ['community_none', 'community_several'], rows: [] }[name]);
  open[name]();
}

for (const tab of tabs) {
  tab.addEventListener('click', () => {
    openTab(tab.id.replace('tab-', ''));
    // Where the panel is short the list itself should be seen.
    if (window.innerWidth <= 760) tab.parentNode.scrollIntoView({ block: 'start' });
  });
}
document.querySelector('[role="tablist"]').addEventListener('keydown', (event) => {
  const shown = tabs.filter((tab) => !tab.hidden);
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const next = shown[(shown.indexOf(document.activeElement) + by + shown.length) % shown.length];
  next.focus();
  openTab(next.id.replace('tab-', ''));
});

// --- what the map and the server tell ----------------------------------------------

document.addEventListener('wardmap:finding', async ({ detail }) => {
  if (!findings || findings.item?.id === detail.id) return;
  openTab('findings');
  if (code && detail.properties.code !== code) await filterFindings(detail.properties.code);
  const index = await findings.find(detail.id);
  if (index >= 0) findings.select(index);
});

stage.onRow = async (rowNo) => {
  const list = settling.active ? settling.list : rows;
  if (!settling.active) openTab('rows');
  if (!list.items.length) await list.load();
  const index = await list.find(rowNo);
  if (index >= 0) list.select(index);
};

function summaryChanged({ summary, version }) {
  known.version = version;
  document.querySelector('.accept-form input[name="version"]').value = version;
  for (const figure of document.querySelectorAll('.figure')) {
    const count = summary[figure.dataset.verdict] || 0;
    figure.querySelector('.figure-count').textContent = number(count);
    figure.disabled = !count;
  }
  const found = summary.findings || {};
  for (const chip of document.querySelectorAll('.finding-groups .chip')) chip.querySelector('b').textContent = number(found[chip.dataset.code] || 0);
  document.querySelector('#tab-findings .tab-count').textContent = number(Object.values(found).reduce((sum, count) => sum + count, 0));
  const incoming = (summary.create || 0) + (summary.change || 0);
  const accept = byId('accept');
  accept.disabled = !incoming;
  accept.textContent = incoming ? fill(W.accept, { n: number(incoming) }) : W.acceptNone;
  stage.reload();
  rows.items = [];
  if (findings) findings.load();
}

findings?.load();
settling.load();
stage.start();
watch();
