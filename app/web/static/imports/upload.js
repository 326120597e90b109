// Choosing files, saying early what will not work, and sending them with a bar that moves.

import { el, fill, freshKey, words } from '../shared.js';

const W = words();
const form = document.getElementById('upload');
const input = document.getElementById('files');
const zone = document.getElementById('drop');
const problem = document.getElementById('problem');
const warning = document.getElementById('warning');
const sendButton = document.getElementById('send');
const stopButton = document.getElementById('stop');
const sending = document.getElementById('sending');
const bar = document.getElementById('bar');
const sent = document.getElementById('sent');
const limitBytes = Number(form.dataset.limit) * 1024 * 1024;

const SHAPEFILE = ['.shp', '.shx', '.dbf', '.prj', '.cpg', '.qix', '.sbn', '.sbx', '.qpj', '.cst', '.shp.xml'];
const SINGLE = ['.zip', '.geojson', '.json', '.topojson', '.xls', '.gpkg', '.fgb', '.parquet', '.geoparquet', '.kml', '.osm', '.pbf', '.csv', '.xlsx', '.txt'];
// One text file packed by gzip keeps its ending before the .gz.
const PACKED = ['.geojson.gz', '.json.gz', '.csv.gz', '.osm.gz'];
const WANTED_PARTS = ['.shx', '.dbf', '.prj'];

let chosen = [];
let running = null;

const size = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.ceil(bytes / 1024))} KB`);
const partOf = (name) => SHAPEFILE.find((ending) => name.toLowerCase().endsWith(ending));
const stemOf = (name) => name.slice(0, -partOf(name).length).toLowerCase();

function troubleWith(files) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const unknown = files.find((file) => !partOf(file.name) && ![...SINGLE, ...PACKED].some((ending) => file.name.toLowerCase().endsWith(ending)));
  if (unknown) return fill(W.unknownType, { name: unknown.name });
  const empty = files.find((file) => file.size === 0);
  if (empty) return fill(W.emptyFile, { name: empty.name });
  if (files.length > 1 && (files.some((file) => !partOf(file.name)) || new Set(files.map((file) => stemOf(file.name))).size > 1)) return W.mixed;
  if (total > limitBytes) return fill(W.tooLarge, { size: size(total), limit: form.dataset.limit });
  return '';
}

function missingParts(files) {
  if (!files.length || !partOf(files[0].name)) return [];
  const there = files.map((file) => partOf(file.name));
  return ['.shp', ...WANTED_PARTS].filter((ending) => !there.includes(ending));
}

function choose(files) {
  chosen = files;
  // A new choice is a new import: only a repeated press of the button must not be.
  form.elements.key.value = freshKey();
  show();
}

function show() {
  const list = document.getElementById('chosen');
  list.replaceChildren(...chosen.map((file) => el('li', {},
    el('span', { class: 'file-name' }, file.name), el('span', { class: 'muted small number' }, size(file.size)),
    el('button', { type: 'button', class: 'btn-close', 'aria-label': fill(W.remove, { name: file.name }), onclick: () => choose(chosen.filter((one) => one !== file)) }))));
  list.hidden = !chosen.length;
  const total = document.getElementById('total');
  total.hidden = chosen.length < 2;
  total.textContent = fill(W.total, { size: size(chosen.reduce((sum, file) => sum + file.size, 0)) });
  const trouble = chosen.length ? troubleWith(chosen) : '';
  say(problem, trouble);
  const missing = trouble ? [] : missingParts(chosen);
  say(warning, missing.length ? fill(W.partsMissing, { endings: missing.join('、') }) : '');
  sendButton.disabled = !chosen.length || Boolean(trouble);
}

function say(box, text) {
  box.textContent = text;
  box.hidden = !text;
}

function setSending(on) {
  sending.hidden = !on;
  stopButton.hidden = !on;
  sendButton.hidden = on;
  zone.classList.toggle('is-off', on);
  input.disabled = on;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running || !chosen.length) return;
  const body = new FormData();
  // The small fields go first, so that the server has the key before the file.
  body.append('csrf_token', form.elements.csrf_token.value);
  body.append('key', form.elements.key.value);
  if (form.elements.area) body.append('area', form.elements.area.value);
  for (const file of chosen) body.append('files', file, file.name);
  say(problem, '');
  setSending(true);
  running = new XMLHttpRequest();
  running.open('POST', form.action);
  running.setRequestHeader('Accept', 'application/json');
  running.setRequestHeader('X-CSRFToken', form.elements.csrf_token.value);
  running.responseType = 'json';
  running.upload.addEventListener('progress', (moved) => {
    if (!moved.lengthComputable) return;
    const percent = Math.floor((100 * moved.loaded) / moved.total);
    bar.value = percent;
    sent.textContent = percent < 100
      ? fill(W.sending, { percent: `${percent}%`, sent: size(moved.loaded), size: size(moved.total) })
      : W.received;
  });
  running.addEventListener('load', () => {
    const { status, response } = running;
    if (status === 201 && response?.url) location.assign(response.url);
    else ended(response?.sentence || W.failed);
  });
  running.addEventListener('error', () => ended(W.offline));
  running.addEventListener('abort', () => ended(W.stopped));
  running.send(body);
});

function ended(text) {
  running = null;
  setSending(false);
  say(problem, text);
}

stopButton.addEventListener('click', () => running?.abort());
input.addEventListener('change', () => { if (input.files.length) choose([...input.files]); });
for (const type of ['dragenter', 'dragover']) {
  zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add('is-over'); });
}
zone.addEventListener('dragleave', (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove('is-over'); });
zone.addEventListener('drop', (event) => {
  event.preventDefault();
  zone.classList.remove('is-over');
  if (!running && event.dataTransfer.files.length) choose([...event.dataTransfer.files]);
});
// A file dropped beside the field must not make the browser leave the page.
for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());
window.addEventListener('pageshow', (event) => { if (event.persisted) { ended(''); show(); } });
// Whoever was quicker than this script has chosen already.
if (input.files.length) choose([...input.files]);
else sendButton.disabled = true;
