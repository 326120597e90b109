// Keys, dialogues, tabs and the sheet on a phone: what opens, closes and is pressed.

const TYPED_IN = 'input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable], dialog';
const NEXT_DIGIT_MS = 700;

// keys: { letter: act }, digits(number) for a number typed digit by digit.
export function listenToKeys(keys, digits) {
  let typed = '';
  let timer = null;
  document.addEventListener('keydown', (event) => {
    if (event.target.closest(TYPED_IN) || event.isComposing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      const act = event.key.toLowerCase() === 'z' ? (event.shiftKey ? keys.redo : keys.undo) : event.key.toLowerCase() === 'y' ? keys.redo : null;
      if (act) { event.preventDefault(); act(); }
      return;
    }
    if (/^[0-9]$/.test(event.key)) {
      event.preventDefault();
      clearTimeout(timer);
      const longer = typed + event.key;
      typed = digits(Number(longer), typed !== '') ? longer : digits(Number(event.key), false) ? event.key : '';
      timer = setTimeout(() => { typed = ''; }, NEXT_DIGIT_MS);
      return;
    }
    const act = keys[event.key.toLowerCase()];
    if (act && !event.repeat) { event.preventDefault(); act(); }
  });
}

// Answers what `read` says when the dialogue is confirmed, else null.
export function askIn(dialog, read) {
  return new Promise((resolve) => {
    dialog.returnValue = '';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'ok' ? read() : null), { once: true });
    dialog.showModal();
  });
}

export function wireTabs(tabs, opened) {
  const show = (chosen) => {
    for (const tab of tabs) {
      const on = tab === chosen;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !on;
    }
    opened(chosen.id);
  };
  for (const tab of tabs) {
    tab.addEventListener('click', () => show(tab));
    tab.addEventListener('keydown', (event) => {
      if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
      const next = tabs[(tabs.indexOf(tab) + (event.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length];
      next.focus();
      show(next);
    });
  }
}

// On a phone the panel is a sheet under the map: half, or only its head. Tap or pull the handle.
export function wireSheet(handle, resized) {
  let from = null;
  const set = (low) => {
    document.body.classList.toggle('sheet-low', low);
    handle.setAttribute('aria-expanded', String(!low));
    resized();
  };
  handle.addEventListener('click', () => { if (from !== 'pulled') set(!document.body.classList.contains('sheet-low')); from = null; });
  handle.addEventListener('pointerdown', (event) => { from = event.clientY; handle.setPointerCapture(event.pointerId); });
  handle.addEventListener('pointerup', (event) => {
    const pulled = typeof from === 'number' ? event.clientY - from : 0;
    from = null;
    if (Math.abs(pulled) > 24) { set(pulled > 0); from = 'pulled'; }
  });
}
