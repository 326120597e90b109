// The town page: search, the area tree, and what is known about one building or area.
import { complain, el, fill, freshKey, get, number, post, toast, words } from '../shared.js';

const said = words();
const { on, legends } = JSON.parse(document.getElementById('facts').textContent);
const found = document.getElementById('found');
const detail = document.getElementById('detail');
const tree = document.getElementById('tree');
const box = document.getElementById('q');
const panel = document.querySelector('.panel');
const touched = matchMedia('(hover: none)').matches;
const colouring = document.querySelector('input[name="by"]');
let map = null;
let typing = 0;
let listed = ''; // what the list under the search field was found by
let latest = 0; // what was asked for last is shown, whatever is answered last
let opener = null; // what had the focus when the detail opened

function show(part) {
  for (const one of [found, detail, tree]) one.hidden = one !== part;
}

// Whoever works with the keyboard in the panel goes on in the detail: the line that was pressed is hidden now.
function showDetail() {
  const before = document.activeElement;
  const inPanel = panel.contains(before);
  show(detail);
  if (!inPanel) { opener = null; return; }
  if (!detail.contains(before)) opener = before;
  detail.focus({ preventScroll: true });
}

function back() {
  latest += 1;
  const inDetail = detail.contains(document.activeElement);
  map?.select([]);
  document.querySelector('[data-area][aria-current]')?.removeAttribute('aria-current');
  show(tree);
  remember({ building: null, area: null });
  if (!inDetail) return;
  const next = opener && !opener.closest('[hidden]') ? opener : box;
  // Under a finger the search field would open the phone's keyboard.
  if (next !== box || !touched) next.focus({ preventScroll: true });
}

// What is open stands in the address: it can be sent to somebody, and the language switch keeps it.
function remember(changes) {
  const asked = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) asked.delete(name);
    else asked.set(name, value);
  }
  const text = asked.toString();
  history.replaceState(null, '', text ? `/?${text}` : '/');
}

function fillDetail(...parts) {
  detail.replaceChildren(...parts.filter(Boolean));
}

function facts(pairs) {
  return el('dl', { class: 'facts' }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
}

function head(title) {
  return el('div', { class: 'detail-head' }, el('h2', {}, title),
    el('button', { type: 'button', class: 'btn-close', 'aria-label': said.close, onclick: back }));
}

function changeLines(line) {
  return Object.keys(line.after).filter((field) => line.before[field] !== line.after[field] && said[field])
    .map((field) => el('div', {}, fill(said.changed, {
      field: said[field], before: line.before[field] ?? said.empty, after: line.after[field] ?? said.empty })));
}

// Answers null when something else was asked for meanwhile, or when it failed, which is said.
async function asked(address) {
  clearTimeout(typing);
  const round = (latest += 1);
  try {
    const one = await get(address);
    return round === latest ? one : null;
  } catch (problem) {
    if (round === latest) complain(problem);
    return null;
  }
}

async function showBuilding(id, { zoom = false } = {}) {
  const one = await asked(`/ground/buildings/${id}`);
  if (!one) return;
  fillDetail(
    head([one.community, one.name || said.unnamed].filter(Boolean).join(' ')),
    facts([[said.code, one.code], [said.address, one.address], [said.kind, one.kind], [said.floors, one.floors],
      [said.units, one.units], [said.households, one.households], [said.builtYear, one.built_year],
      [said.community, one.community], [said.street, one.street],
      [said.footprint, one.footprint_m2 && `${number(Math.round(one.footprint_m2))} m²`],
      [said.since, one.from_on], [said.until, one.to_on], [said.source, one.source]]),
    el('h2', {}, said.history),
    one.history.length
      ? el('ul', { class: 'history' }, one.history.map((line) => el('li', {},
        el('div', { class: 'muted small' }, [line.changed_at, line.login, line.file_name].filter(Boolean).join(' · ')), changeLines(line))))
      : el('p', { class: 'muted small' }, said.noHistory));
  showDetail();
  map?.select([id]);
  // An address list may name a building without saying where it is.
  if (zoom && one.longitude !== null) map?.zoomTo([one.longitude - 0.0012, one.latitude - 0.001, one.longitude + 0.0012, one.latitude + 0.001]);
  remember({ building: id, area: null });
}

async function showArea(code, { zoom = true } = {}) {
  const one = await asked(`/ground/areas/${code}?on=${on}`);
  if (!one) return;
  const community = one.level_code === 'community';
  fillDetail(
    head(one.name),
    facts([[said.code, one.code + (one.is_local ? ` (${said.local})` : '')], [said.buildings, number(one.buildings)],
      [said.households, number(one.households)], [said.area, one.area_m2 && `${(one.area_m2 / 1e6).toFixed(2)} km²`]]),
    one.bounds ? null : el('p', { class: 'alert alert-warning py-1 px-2 small' }, said.noBoundary),
    el('p', { class: 'actions mt-3' },
      community ? el('a', { class: 'btn btn-primary btn-sm', href: `/plans?community=${code}` }, said.openPlans) : null,
      one.may_remove ? el('button', { type: 'button', class: 'btn btn-outline-secondary btn-sm', onclick: () => remove(one) }, said.remove) : null,
      one.bounds ? el('a', { class: 'btn btn-outline-primary btn-sm', href: exportOf(code), 'data-export': code }, said.export) : null),
    el('h2', {}, said.versions),
    el('ul', { class: 'history' }, one.versions.map((version) => el('li', {},
      `${version.from_on} – ${version.to_on || said.now}`, el('div', { class: 'muted small' }, [version.name, version.file_name].filter(Boolean).join(' · '))))));
  showDetail();
  document.querySelectorAll('[data-area]').forEach((line) => line.toggleAttribute('aria-current', line.dataset.area === code));
  if (zoom && one.bounds) map?.zoomTo(one.bounds);
  remember({ area: code, building: null });
}

// The file is coloured as the map is at that moment.
function exportOf(code) {
  return `/ground/areas/${code}/export.html?on=${on}&by=${colouring.value}`;
}

async function remove(one) {
  if (!window.confirm(fill(said.removeSure, { name: one.name }))) return;
  // Kept, so that another click after a lost answer finds out that it is done.
  one.key ??= freshKey();
  try {
    await post(`/ground/areas/${one.code}/delete`, { key: one.key });
    location.href = '/';
  } catch (problem) {
    complain(problem);
  }
}

// Answers the places found, or null when something else was asked for meanwhile.
async function search() {
  const q = box.value.trim();
  if (!q) { clearTimeout(typing); latest += 1; show(tree); return null; }
  const answer = await asked(`/ground/search?q=${encodeURIComponent(q)}&on=${on}`);
  if (!answer) return null;
  const { places } = answer;
  listed = q;
  found.replaceChildren(places.length
    ? el('ul', { class: 'found' }, places.map((place) => el('li', {}, el('button', { type: 'button', onclick: () => open(place) },
      el('span', {}, place.name), el('span', { class: 'where' }, [place.detail, place.code].filter(Boolean).join(' · '))))))
    : el('p', { class: 'empty-state' }, said.nothing));
  show(found);
  return places;
}

function open(place) {
  if (place.what === 'area') showArea(place.key);
  else showBuilding(Number(place.key), { zoom: true });
}

box.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(search, 200);
});
document.getElementById('search').addEventListener('submit', async (event) => {
  event.preventDefault();
  const first = found.querySelector('button');
  // The list may still be that of what was typed before.
  if (!found.hidden && first && listed === box.value.trim()) first.click();
  else {
    const places = await search();
    if (places?.length) open(places[0]);
  }
});

// A date typed by hand is a valid one at almost every key: wait until it is meant.
const day = document.getElementById('on');
let meant = 0;
const goToDay = () => {
  clearTimeout(meant);
  // Year 0202 is 2026 on its way.
  if (day.value > '1900' && day.value !== on) day.form.requestSubmit();
};
day.addEventListener('change', () => {
  clearTimeout(meant);
  meant = setTimeout(goToDay, 1000);
});
day.addEventListener('blur', goToDay);
day.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  goToDay();
});
tree.addEventListener('click', (event) => {
  const line = event.target.closest('[data-area]');
  if (line) showArea(line.dataset.area);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !detail.hidden && !event.target.closest('.wardmap')) back();
  if (event.key === '/' && !event.target.closest('input, textarea, select')) { event.preventDefault(); box.focus(); }
});

// Fetched here, so that search and tree work in a browser that cannot draw the map.
map = await import('wardmap').then((wardmap) => wardmap.get('town')).catch(() => null);
if (map) {
  const stage = map.map.getContainer();
  stage.addEventListener('wardmap:pick', (event) => { if (event.detail.id) showBuilding(event.detail.id); });
  stage.addEventListener('wardmap:area', (event) => showArea(event.detail.code));
  stage.addEventListener('wardmap:colour-by', ({ detail: { key } }) => {
    map.setColourBy(key, legends[key]);
    colouring.value = key;
    for (const link of detail.querySelectorAll('[data-export]')) link.href = exportOf(link.dataset.export);
    remember({ by: key });
  });
} else {
  toast(said.noMap, { error: true });
}
const address = new URLSearchParams(location.search);
const corners = (address.get('bounds') || '').split(',').map(Number);
if (corners.length === 4 && corners.every(Number.isFinite)) map?.zoomTo(corners);
if (latest) { /* something was opened while the map was on its way */ }
else if (address.has('building')) showBuilding(Number(address.get('building')), { zoom: true });
else if (address.has('area')) showArea(address.get('area'));
