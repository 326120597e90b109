// Forms that ask for a step: sent in the background, so that a refusal leaves everything that was filled in.

import { el, renewFormKeys, words } from '../shared.js';

const W = words();

export async function send(form) {
  const address = form.getAttribute('action');
  const body = new URLSearchParams(new FormData(form));
  let answer;
  try {
    answer = await fetch(address, { method: 'POST', credentials: 'same-origin', headers: { Accept: 'application/json' }, body });
  } catch {
    throw Object.assign(new Error(W.offline), { code: 'offline' });
  }
  const isJson = (answer.headers.get('content-type') || '').includes('json');
  const given = isJson ? await answer.json() : {};
  if (!answer.ok) throw Object.assign(new Error(given.sentence || W.failed), { code: given.code, status: answer.status });
  return given;
}

// The sentence, and a way on where somebody else was quicker.
export function showProblem(problem, near = document) {
  const box = near.querySelector('[data-problem]') || document.querySelector('[data-problem]');
  box.replaceChildren(problem.signIn ? el('a', { href: problem.signIn }, problem.message) : problem.message);
  if (problem.status === 409) box.append(' ', el('a', { href: location.pathname }, W.reload));
  box.hidden = false;
  box.scrollIntoView({ block: 'nearest' });
}

export function listenToForms() {
  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!form.matches('form[data-step]') || event.defaultPrevented) return;
    event.preventDefault();
    const button = form.querySelector('button:not([type="button"])');
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    button.disabled = true;
    document.querySelectorAll('[data-problem]').forEach((box) => { box.hidden = true; });
    try {
      const { url } = await send(form);
      if (new URL(url, location).pathname === location.pathname && !location.search) location.reload();
      else location.assign(url);
    } catch (problem) {
      form.closest('dialog')?.close();
      showProblem(problem, form);
      button.disabled = false;
      delete form.dataset.busy;
    }
  });
}

listenToForms();
renewFormKeys();
