// The town page: search, the area tree, and what is known about one building or area.
import { el, fill, get, later, number, post, toast, words } from '../shared.js';
import { get as mapNamed } from 'wardmap';

const said = words();
const { on, legends } = JSON.parse(document.getElementById('facts').textContent);
const found = document.getElementById('found');
const detail = document.getElementById('detail');
const tree = document.getElementById('tree');
const box = document.getElementById('q');
let map = null;

function show(part) {
  for (const one of [found, detail, tree]) one.hidden = one !== part;
}

function back() {
  map?.select([]);
  document.querySelector('[data-area][aria-current]')?.removeAttribute('aria-current');
  show(tree);
  history.replaceState(null, '', address({}));
}

function address(more) {
  const asked = new URLSearchParams(location.search);
  asked.delete('building');
  asked.delete('area');
  for (const [name, value] of Object.entries(more)) asked.set(name, value);
  const text = asked.toString();
  return text ? `/?${text}` : '/';
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

async function showBuilding(id, { zoom = false } = {}) {
  try {
    const one = await get(`/ground/buildings/${id}`);
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
    show(detail);
    map?.select([id]);
    if (zoom) map?.zoomTo([one.longitude - 0.0012, one.latitude - 0.001, one.longitude + 0.0012, one.latitude + 0.001]);
    history.replaceState(null, '', address({ building: id }));
  } catch (problem) {
    toast(problem.sentence || String(problem), { error: true });
  }
}

async function showArea(code, { zoom = true } = {}) {
  try {
    const one = await get(`/ground/areas/${code}?on=${on}`);
    const community = one.level_code === 'community';
    fillDetail(
      head(one.name),
      facts([[said.code, one.code + (one.is_local ? ` (${said.local})` : '')], [said.buildings, number(one.buildings)],
        [said.households, number(one.households)], [said.area, one.area_m2 && `${(one.area_m2 / 1e6).toFixed(2)} km²`]]),
      one.bounds ? null : el('p', { class: 'alert alert-warning py-1 px-2 small' }, said.noBoundary),
      el('p', { class: 'actions mt-3' },
        community ? el('a', { class: 'btn btn-primary btn-sm', href: `/plans?community=${code}` }, said.openPlans) : null,
        one.may_remove ? el('button', { type: 'button', class: 'btn btn-outline-secondary btn-sm', onclick: () => remove(one) }, said.remove) : null,
        one.bounds ? el('a', { class: 'btn btn-outline-primary btn-sm', href: `/ground/areas/${code}/export.html?on=${on}` }, said.export) : null),
      el('h2', {}, said.versions),
      el('ul', { class: 'history' }, one.versions.map((version) => el('li', {},
        `${version.from_on} – ${version.to_on || said.now}`, el('div', { class: 'muted small' }, [version.name, version.file_name].filter(Boolean).join(' · '))))));
    show(detail);
    document.querySelectorAll('[data-area]').forEach((line) => line.toggleAttribute('aria-current', line.dataset.area === code));
    if (zoom && one.bounds) map?.zoomTo(one.bounds);
    history.replaceState(null, '', address({ area: code }));
  } catch (problem) {
    toast(problem.sentence || String(problem), { error: true });
  }
}

async function remove(one) {
  try {
    await post(`/ground/areas/${one.code}/delete`);
    location.href = '/';
  } catch (problem) {
    toast(problem.sentence || String(problem), { error: true });
  }
}

async function search() {
  const q = box.value.trim();
  if (!q) { show(tree); return; }
  try {
    const { places } = await get(`/ground/search?q=${encodeURIComponent(q)}&on=${on}`);
    if (q !== box.value.trim()) return;
    found.replaceChildren(places.length
      ? el('ul', { class: 'found' }, places.map((place) => el('li', {}, el('button', { type: 'button', onclick: () => open(place) },
        el('span', {}, place.name), el('span', { class: 'where' }, [place.detail, place.code].filter(Boolean).join(' · '))))))
      : el('p', { class: 'empty-state' }, said.nothing));
    show(found);
  } catch (problem) {
    toast(problem.sentence || String(problem), { error: true });
  }
}

function open(place) {
  if (place.what === 'area') showArea(place.key);
  else showBuilding(Number(place.key), { zoom: true });
}

box.addEventListener('input', later(search, 200));
document.getElementById('search').addEventListener('submit', (event) => {
  event.preventDefault();
  const first = found.querySelector('button');
  if (!found.hidden && first) first.click(); else search();
});
document.getElementById('on').addEventListener('change', (event) => event.target.form.requestSubmit());
tree.addEventListener('click', (event) => {
  const line = event.target.closest('[data-area]');
  if (line) showArea(line.dataset.area);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !detail.hidden && !event.target.closest('.wardmap')) back();
  if (event.key === '/' && !event.target.closest('input, textarea, select')) { event.preventDefault(); box.focus(); }
});

map = await mapNamed('town').catch(() => null);
if (map) {
  const stage = map.map.getContainer();
  stage.addEventListener('wardmap:pick', (event) => { if (event.detail.id) showBuilding(event.detail.id); });
  stage.addEventListener('wardmap:area', (event) => showArea(event.detail.code));
  stage.addEventListener('wardmap:colour-by', ({ detail: { key } }) => {
    map.setColourBy(key, legends[key]);
    document.querySelector('input[name="by"]').value = key;
    history.replaceState(null, '', address({ by: key }));
  });
} else {
  toast(said.noMap, { error: true });
}
const asked = new URLSearchParams(location.search);
const corners = (asked.get('bounds') || '').split(',').map(Number);
if (corners.length === 4 && corners.every(Number.isFinite)) map?.zoomTo(corners);
if (asked.has('building')) showBuilding(Number(asked.get('building')), { zoom: true });
else if (asked.has('area')) showArea(asked.get('area'));
