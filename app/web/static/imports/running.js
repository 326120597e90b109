// Follows a step while the worker is at it, and turns to the next page when it ends.

import { fill, get, number, words } from '../shared.js';
import './forms.js';
import { known } from './watch.js';

const EVERY_MS = 1000;
const W = words();
const stage = document.getElementById('stage');
const counted = document.getElementById('counted');
const bar = document.getElementById('bar');

async function look() {
  let standing;
  try {
    standing = await get(`/imports/${known.id}/progress`);
  } catch (problem) {
    // The network may be away for a while; the worker is not.
    stage.textContent = problem.sentence;
    setTimeout(look, EVERY_MS * 4);
    return;
  }
  if (standing.state !== known.state && !isFirstLook(standing.state)) {
    location.replace(location.pathname);
    return;
  }
  // Set only when it changes: a live region repeats every write.
  if (stage.textContent !== standing.stage) stage.textContent = standing.stage;
  const { done, total } = standing;
  counted.textContent = total > 100 ? fill(W.rows, { done: number(done), total: number(total) }) : '';
  if (total > 0) bar.value = standing.percent;
  else bar.removeAttribute('value');
  setTimeout(look, EVERY_MS);
}

// Waiting for the worker and the first look are the same page.
function isFirstLook(state) {
  return ['uploaded', 'inspecting'].includes(state) && ['uploaded', 'inspecting'].includes(known.state);
}

look();
