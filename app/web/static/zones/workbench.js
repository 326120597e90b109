// The workbench: choose a zone, then click buildings or draw around them. The map recolours at once; the server's
// answer has the last word.
import { fill, get, number, post, renewFormKeys, toast, words } from '../shared.js';
import { BuildingList } from './list.js';
import { NONE, ZonePanel } from './panel.js';
import { goToPlace } from './place.js';
import { Plan } from './plan.js';
import { askIn, listenToKeys, wireSheet, wireTabs } from './tools.js';

const said = words();
const facts = JSON.parse(document.getElementById('facts').textContent);
const plan = new Plan(facts.path, facts.state);
const box = (id) => document.getElementById(id);
let ward = null;
let lastSeen = '';
let outlinesRound = 0;

const panel = new ZonePanel(plan, facts, { choose, zoom: zoomToZone, rename: renameZone, lock: lockZone, remove: removeZone });
const list = new BuildingList(plan, facts, {
  give: (zone, ids) => give(zone, { ids }),
  look: (one) => { lastSeen = one.code; lookAt(one); },
  picked: (ids) => ward?.select(ids),
});

// --- changes -------------------------------------------------------------------------------------

async function trying(work) {
  try {
    return await work();
  } catch (problem) {
    toast(problem.sentence || String(problem), { error: true });
    return null;
  }
}

// where: { ids } or { lasso }. Clicked buildings change colour before the server has answered.
async function give(zoneId, where) {
  const zone = zoneId ? plan.zone(zoneId) : null;
  const guess = where.ids && ward ? where.ids : [];
  const before = guess.length ? ward.groupsOf(guess) : null;
  if (guess.length) ward.setGroups(new Map(guess.map((id) => [id, zone ? zone.number : facts.unassigned])));
  try {
    const { answer } = await plan.change('/buildings', { zone: zone ? zone.id : null, ...where });
    if (before && answer.locked) ward.resetGroups(before);
    ward?.setGroups(new Map(answer.ids.map((id) => [id, answer.zone ?? facts.unassigned])));
    tellGiven(answer, zone);
    return answer;
  } catch (problem) {
    if (before) ward.resetGroups(before);
    ward?.refresh(plan.state.version);
    toast(problem.sentence || String(problem), { error: true });
    return null;
  }
}

function tellGiven(answer, zone) {
  const title = zone?.title || '';
  const aside = [answer.locked && fill(said.lockedAside, { n: number(answer.locked) }), answer.outside && fill(said.outside, { n: number(answer.outside) })]
    .filter(Boolean).join(' ');
  if (!answer.assigned) {
    const why = answer.unchanged ? (zone ? fill(said.alreadyThere, { zone: title }) : said.notInAny) : answer.locked ? '' : said.nothingInside;
    toast([why, aside].filter(Boolean).join(' '));
    return;
  }
  const from = zone ? Object.entries(answer.moved_from) : [];
  const moved = from.length > 3
    ? fill(said.movedFromMany, { zones: from.length, n: number(from.reduce((sum, [, n]) => sum + n, 0)) })
    : from.map(([one, n]) => fill(said.movedFrom, { n: number(n), zone: one })).join(' ');
  const main = fill(zone ? said.given : said.takenOut, { n: number(answer.assigned), h: number(answer.households), zone: title });
  tellDone([main, moved, aside].filter(Boolean).join(' '));
}

// One message at a time: a drawing hand must not be buried in them.
function tellDone(text) {
  document.querySelectorAll('.toast-line:not(.is-error)').forEach((line) => line.remove());
  toast(text, { action: said.undo, onAction: undo });
}

async function addZone() {
  return trying(async () => {
    const { answer } = await plan.change('/zones');
    choose(answer.zone.id);
    tellDone(fill(said.zoneMade, { zone: plan.zone(answer.zone.id).title }));
    return answer.zone.id;
  });
}

async function renameZone(id) {
  const zone = plan.zone(id);
  box('zone-number').value = zone.number;
  box('zone-name').value = zone.name;
  const asked = await askIn(box('zone-dialog'), () => ({ number: Number(box('zone-number').value), name: box('zone-name').value.trim() }));
  if (!asked || (asked.number === zone.number && asked.name === zone.name)) return;
  await trying(() => plan.change(`/zones/${id}`, asked, 'PATCH'));
  ward?.refresh(plan.state.version);
}

async function removeZone(id) {
  const zone = plan.zone(id);
  const n = number(zone.buildings);
  if (zone.buildings && !window.confirm(fill(said.removeSure, { zone: zone.title, n }))) return;
  await trying(async () => {
    const { answer } = await plan.change(`/zones/${id}`, {}, 'DELETE');
    ward?.refresh(plan.state.version);
    tellDone(fill(said.zoneRemoved, { zone: zone.title, n: number(answer.released) }));
  });
}

async function lockZone(id) {
  const { locked, title } = plan.zone(id);
  await trying(async () => {
    await plan.change(`/zones/${id}/lock`, { locked: !locked });
    tellDone(fill(locked ? said.zoneUnlocked : said.zoneLocked, { zone: title }));
  });
}

async function renumber() {
  await trying(async () => {
    const { answer } = await plan.change('/renumber');
    ward?.refresh(plan.state.version);
    if (answer.changed) tellDone(fill(said.renumbered, { n: answer.changed }));
    else toast(said.numberedAlready);
  });
}

async function step(direction) {
  let one = null;
  await trying(async () => {
    // Which step it is, is known when what is still on its way has arrived: quick presses take one step each.
    const done = await plan.change(`/${direction}`, () => {
      one = plan.state[direction];
      return one && { step: one.id };
    });
    if (!done) { toast(said.nothingToUndo); return; }
    const { answer } = done;
    if (answer.moved) for (const { zone, ids } of answer.moved) ward?.setGroups(new Map(ids.map((id) => [id, zone ?? facts.unassigned])));
    else ward?.refresh(plan.state.version);
    document.querySelectorAll('.toast-line:not(.is-error)').forEach((line) => line.remove());
    toast(fill(direction === 'undo' ? said.undone : said.redone, { step: one.text }));
  });
}

const undo = () => step('undo');
const redo = () => step('redo');

async function renamePlan() {
  box('plan-new-name').value = plan.state.name;
  const name = await askIn(box('plan-dialog'), () => box('plan-new-name').value.trim());
  if (name && name !== plan.state.name) await trying(() => plan.change('/name', { name }));
}

// --- the map ---------------------------------------------------------------------------------------

function choose(id) {
  panel.choose(id);
  list.aim(id);
  showTarget();
  if (ward?.lasso.busy) ward.notice.say(lassoHint(), { brief: true });
}

function zoomToZone(id) {
  const zone = plan.zone(id);
  if (!zone?.box || !ward) return;
  const [west, south, east, north] = zone.box;
  ward.zoomTo([west - 0.0004, south - 0.0004, east + 0.0004, north + 0.0004]);
}

function lookAt(one) {
  if (!ward || one.longitude == null) return;
  ward.map.setView([one.latitude, one.longitude], Math.max(ward.map.getZoom(), 18), { animate: false });
  ward.flash(one.id);
}

async function nextUnassigned() {
  await trying(async () => {
    await plan.tail;
    const { building } = await get(`${plan.path}/unassigned.json?after=${encodeURIComponent(lastSeen)}`);
    if (!building) { toast(said.allAssigned); return; }
    lastSeen = building.code;
    lookAt(building);
    ward?.notice.say([building.name || said.unnamed, building.address, building.households == null ? '' : fill(said.householdsN, { h: number(building.households) })]
      .filter(Boolean).join(' · '), { brief: true });
  });
}

// Where nothing can be changed, a building answers with what is known of it.
async function tellOf(id, group) {
  ward.select([id]);
  await trying(async () => {
    const one = await get(`/ground/buildings/${id}`);
    if (!ward.buildings.selected.has(id)) return; // another was asked for meanwhile
    const zone = group === facts.unassigned ? said.unassigned : group === null ? one.community : plan.numbered(group)?.title;
    ward.notice.say([one.name || said.unnamed, one.address, one.households === null ? '' : fill(said.householdsN, { h: number(one.households) }), zone]
      .filter(Boolean).join(' · '));
  });
}

function picked({ id, group, remove }) {
  if (!id) return;
  if (!facts.editable) { tellOf(id, group); return; }
  if (group === null) { ward.notice.say(said.elsewhere, { brief: true }); return; }
  const target = remove ? NONE : panel.target;
  if (target === null) { toast(said.chooseZone, { action: said.newFromPicked, onAction: () => giveToNew({ ids: [id] }) }); return; }
  const zone = target === NONE ? null : plan.zone(target);
  if (group === (zone ? zone.number : facts.unassigned)) {
    if (zone) toast(fill(said.inThisZone, { zone: zone.title }), { action: said.takeOut, onAction: () => give(null, { ids: [id] }) });
    return;
  }
  give(zone ? zone.id : null, { ids: [id] });
}

async function lassoed({ polygon, mode }) {
  const target = mode === 'remove' ? NONE : panel.target;
  if (target !== null) { give(target === NONE ? null : target, { lasso: polygon }); return; }
  await trying(async () => {
    const inside = await post(`${plan.path}/pick`, { lasso: polygon });
    if (!inside.buildings) { toast(said.nothingInside); return; }
    ward.select(inside.ids);
    toast(fill(said.pickedNoZone, { n: number(inside.buildings), h: number(inside.households) }),
      { action: said.newFromPicked, onAction: () => giveToNew({ lasso: polygon }), seconds: 12 });
  });
}

async function giveToNew(where) {
  const id = await addZone();
  ward.select([]);
  if (id) await give(id, where);
}

function lassoHint() {
  const zone = panel.target ? plan.zone(panel.target)?.title : said.unassigned;
  const hint = matchMedia('(hover: none)').matches ? said.lassoTouch : said.lassoOn;
  return fill(hint, { zone: zone || said.unassigned });
}

function useTool(name) {
  if (!ward) return;
  if (name === 'lasso' && !ward.lasso.busy) {
    ward.lasso.start(lassoed);
    ward.notice.say(lassoHint(), { brief: true });
  } else if (name === 'click' && ward.lasso.busy) ward.lasso.stop();
}

function showTool() {
  const lasso = Boolean(ward?.lasso.busy);
  box('tool-lasso').setAttribute('aria-pressed', String(lasso));
  box('tool-click').setAttribute('aria-pressed', String(!lasso));
}

function showTarget() {
  if (!facts.editable) return;
  const zone = panel.target ? plan.zone(panel.target) : null;
  const text = zone ? zone.title : panel.target === NONE ? said.takeOut : said.chooseZone;
  const dot = document.createElement('span');
  dot.className = 'target-dot';
  if (zone) dot.style.background = panel.lookOf(zone.number)?.stroke;
  box('target').replaceChildren(dot, `${said.target} · ${text}`);
}

// Outlines follow the buildings; a moment later, so that quick clicks ask once.
const redrawOutlines = (() => {
  let timer;
  return (wait_ms = 350) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const round = (outlinesRound += 1);
      const shapes = await get(`${plan.path}/outlines.geojson?v=${plan.state.version}`).catch(() => null);
      if (shapes && round === outlinesRound) ward?.showOutlines(shapes, 'zones');
    }, wait_ms);
  };
})();

// --- the page --------------------------------------------------------------------------------------

let shownVersion = plan.state.version;
let shownLegend = JSON.stringify(plan.state.legend);

function showState() {
  const { undo: last, redo: next, legend, name, version } = plan.state;
  box('plan-name').textContent = name;
  showTarget();
  if (facts.editable) {
    for (const [id, one, word] of [['undo', last, said.undo], ['redo', next, said.redo]]) {
      box(id).disabled = !one;
      box(id).title = one ? `${word}：${one.text}` : word;
    }
  }
  if (JSON.stringify(legend) !== shownLegend) {
    shownLegend = JSON.stringify(legend);
    ward?.setLegend(legend);
  }
  if (version !== shownVersion) {
    shownVersion = version;
    redrawOutlines();
  }
}

function showSaving(text) {
  box('save-state').textContent = text;
}

function listenToPlan() {
  plan.addEventListener('state', showState);
  plan.addEventListener('saving', () => showSaving(said.saving));
  plan.addEventListener('saved', () => plan.waiting <= 1 && showSaving(said.saved));
  plan.addEventListener('failed', () => showSaving(said.notSaved));
  plan.addEventListener('renewed', () => ward?.refresh(plan.state.version));
  // Somebody may have gone on drawing while this page lay behind another.
  document.addEventListener('visibilitychange', async () => {
    if (document.visibilityState !== 'visible' || plan.waiting) return;
    if (await plan.reload().catch(() => false)) toast(said.changedElsewhere);
  });
}

function listenToTools() {
  box('next-unassigned').addEventListener('click', nextUnassigned);
  wireTabs([box('tab-zones'), box('tab-list')], (id) => { if (id === 'tab-list') list.load(); else ward?.select([]); });
  wireSheet(box('sheet-handle'), () => ward?.map.invalidateSize({ animate: false }));
  if (!facts.editable) { listenToKeys({ f: nextUnassigned }, () => false); return; }
  box('add-zone').addEventListener('click', addZone);
  box('renumber').addEventListener('click', renumber);
  box('undo').addEventListener('click', undo);
  box('redo').addEventListener('click', redo);
  box('tool-click').addEventListener('click', () => useTool('click'));
  box('tool-lasso').addEventListener('click', () => useTool('lasso'));
  box('rename-plan').addEventListener('click', renamePlan);
  listenToKeys(
    { n: addZone, l: () => useTool('lasso'), c: () => useTool('click'), u: undo, f: nextUnassigned, undo, redo },
    (typed, longer) => {
      const zone = typed === 0 && !longer ? { id: NONE } : plan.numbered(typed);
      if (zone) choose(zone.id);
      return Boolean(zone);
    },
  );
}

function listenToMap() {
  const stage = ward.map.getContainer();
  ward.map.doubleClickZoom.disable(); // two quick clicks on two buildings are not a zoom
  stage.addEventListener('wardmap:pick', (event) => picked(event.detail));
  if (!facts.editable) stage.addEventListener('wardmap:empty', () => { ward.select([]); ward.notice.hush(); });
  stage.addEventListener('wardmap:lasso-start', showTool);
  stage.addEventListener('wardmap:lasso-stop', showTool);
}

listenToPlan();
listenToTools();
renewFormKeys();
showState();
// Fetched here, so that lists and zones work in a browser that cannot draw the map.
ward = await import('wardmap').then((wardmap) => wardmap.get('plan')).catch(() => null);
if (ward) {
  listenToMap();
  if (facts.editable) showTool();
  trying(() => goToPlace({ zone: zoomToZone, building: lookAt }));
} else toast(said.noMap, { error: true });
document.documentElement.dataset.ready = 'yes';
