// Somebody else may take the same import further; the page says so instead of going stale.

import { el, get, words } from '../shared.js';

const EVERY_MS = 8000;

export const known = JSON.parse(document.getElementById('import').textContent);

export function watch() {
  const W = words();
  const timer = setInterval(async () => {
    if (document.hidden) return;
    try {
      const now = await get(`/imports/${known.id}/progress`);
      if (now.state === known.state && now.version === known.version) return;
    } catch {
      return;
    }
    clearInterval(timer);
    const line = el('p', { class: 'changed-line no-print', role: 'alert' }, W.changedElsewhere, ' ', el('a', { href: location.pathname }, W.reload));
    document.querySelector('.topbar').after(line);
  }, EVERY_MS);
}
