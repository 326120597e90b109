// What the file is and which columns hold what: the form follows the choices.

import { el, fill, getPiece, words } from '../shared.js';
import { showProblem } from './forms.js';
import { known, watch } from './watch.js';

const W = words();
const form = document.getElementById('choose');
const columnsOf = () => document.getElementById('columns');

// --- the kind and the layer decide which columns are asked for

form.addEventListener('change', async (event) => {
  if (event.target.name === 'kind') await fetchColumns();
  if (event.target.name === 'layer' && event.target.tagName === 'SELECT') {
    location.assign(`/imports/${known.id}?step=choose&layer=${encodeURIComponent(event.target.value)}`);
  }
  if (event.target.name?.startsWith('map_')) columnChosen(event.target);
  if (event.target.name === 'crs') await showCandidate(event.target.value);
  const part = event.target.closest('.is-missing');
  part?.classList.remove('is-missing');
  part?.querySelector('.missing-note')?.remove();
});

async function fetchColumns() {
  const asked = new URLSearchParams({ kind: form.elements.kind.value, layer: form.elements.layer.value });
  let text;
  try {
    text = await getPiece(`/imports/${known.id}/columns?${asked}`);
  } catch (problem) {
    showProblem(problem);
    return;
  }
  // A page of our own, escaped by the server like any other.
  const piece = new DOMParser().parseFromString(text, 'text/html').getElementById('columns');
  columnsOf().replaceWith(document.adoptNode(piece));
  checkTwice();
  askForPlace();
}

function columnChosen(select) {
  select.closest('td').querySelector('[data-origin]')?.remove();
  const samples = JSON.parse(select.selectedOptions[0].dataset.samples || '[]');
  const cell = document.querySelector(`[data-samples-of="${select.id}"]`);
  cell.replaceChildren(...(samples.length ? samples.map((text) => el('span', { class: 'sample' }, text)) : [el('span', { class: 'muted' }, '–')]));
  checkTwice();
  askForPlace();
}

// One column cannot be two things.
function checkTwice() {
  const used = new Map();
  for (const select of columnsOf().querySelectorAll('select[name^="map_"]')) {
    const other = select.value && used.get(select.value);
    select.setCustomValidity(other ? fill(W.columnTwice, { field: other }) : '');
    select.classList.toggle('is-invalid', Boolean(other));
    select.title = select.validationMessage;
    used.set(select.value, select.dataset.field);
  }
}

// A list without shapes lies somewhere only when it has longitudes.
function askForPlace() {
  const section = document.getElementById('datum');
  if (section.dataset.needsPlace === undefined) return;
  section.hidden = !columnsOf().querySelector('[name="map_lon"]')?.value;
}

// --- the map of candidates

async function showCandidate(code) {
  if (!document.querySelector('.candidate-map')) return;
  const { get } = await import('wardmap');
  const ward = await get('candidates');
  const boxes = ward.outlines.find((outline) => outline.choose && outline.boxes);
  if (!boxes) return;
  boxes.choose(code);
  const box = boxes.boxes.find((one) => one.key === code);
  if (box) ward.zoomTo(withGround(box.bounds));
  ward.redraw();
}

// Together with what is there already: only then one sees whether it fits.
function withGround(bounds) {
  const ground = JSON.parse(document.querySelector('.candidate-map').dataset.ground);
  if (!ground) return bounds;
  return [Math.min(bounds[0], ground[0]), Math.min(bounds[1], ground[1]), Math.max(bounds[2], ground[2]), Math.max(bounds[3], ground[3])];
}

// --- before sending: say what is missing, and go there

form.addEventListener('submit', (event) => {
  checkTwice();
  const wrong = firstWrong();
  if (!wrong) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const part = wrong.closest('fieldset, .form-part');
  part.classList.add('is-missing');
  const legend = part.querySelector('legend, h2');
  const said = typed(wrong) ? fill(W.fillFirst, { what: nameOf(wrong) }) : wrong.tagName === 'SELECT' ? wrong.validationMessage : fill(W.chooseFirst, { what: legend?.textContent.trim() || '' });
  part.querySelector('.missing-note')?.remove();
  legend.after(el('p', { class: 'missing-note', role: 'alert' }, said));
  wrong.focus({ preventScroll: true });
  part.scrollIntoView({ block: 'center', behavior: 'smooth' });
}, true);

function firstWrong() {
  for (const group of ['kind', 'crs', 'datum']) {
    const fields = form.querySelectorAll(`input[type="radio"][name="${group}"]`);
    if (fields.length && !fields[0].closest('[hidden]') && ![...fields].some((one) => one.checked)) return fields[0];
  }
  const column = [...columnsOf().querySelectorAll('select[name^="map_"]')].find((select) => (select.required && !select.value) || select.validationMessage);
  if (column) {
    if (!column.validity.customError) column.setCustomValidity(fill(W.chooseFirst, { what: column.dataset.field }));
    const said = column.validationMessage;
    column.addEventListener('change', () => column.setCustomValidity(''), { once: true });
    return said ? column : null;
  }
  return firstUnnamed();
}

const typed = (field) => ['given_name', 'new_name', 'new_parent'].includes(field.name);
const nameOf = (field) => field.labels[0].textContent.trim();

// Names are asked for only where a choice needs them.
function firstUnnamed() {
  const { map_name: column, given_name: given, into, new_name: name, new_parent: parent } = form.elements;
  if (given && !column.value && !given.value.trim()) return given;
  if (into?.value !== 'new') return null;
  return [name, parent].find((field) => field && !field.value.trim()) || null;
}

checkTwice();
askForPlace();
const preset = form.querySelector('.candidate input[type="radio"]:checked');
if (preset) showCandidate(preset.value);
watch();
