// Offers the areas that match while a name or a code is typed. Without this script the field takes either as it is.
import { el, get, later } from '../shared.js';

let fields = 0;
for (const field of document.querySelectorAll('.area-field')) arm(field);

function arm(field) {
  const input = field.querySelector('input');
  const list = el('ul', { class: 'area-list', role: 'listbox', id: `areas-${(fields += 1)}`, hidden: true });
  field.append(list);
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id })) input.setAttribute(name, value);
  let at = -1;
  let asked = 0;

  const close = () => { list.hidden = true; at = -1; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); };
  const choose = (option) => { input.value = option.dataset.value; close(); input.dispatchEvent(new Event('change', { bubbles: true })); };
  const mark = (next) => {
    const options = [...list.children];
    at = (next + options.length) % options.length;
    options.forEach((option, n) => option.setAttribute('aria-selected', String(n === at)));
    options[at].scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', options[at].id);
  };
  const line = (value, name, more) => el('li', {
    role: 'option', id: `${list.id}-${list.children.length}`, 'data-value': value, 'aria-selected': 'false',
    onmousedown: (event) => { event.preventDefault(); choose(event.currentTarget); },
  }, el('b', {}, name), more && el('span', { class: 'muted small' }, more));

  const offer = async () => {
    const turn = (asked += 1);
    const words = input.value.trim();
    const found = await get(`${field.dataset.areas}?q=${encodeURIComponent(words.slice(0, 64))}`).catch(() => ({ areas: [] }));
    if (turn !== asked || document.activeElement !== input) return;
    list.replaceChildren();
    const everywhere = field.dataset.everywhere;
    if (everywhere && everywhere.includes(words)) list.append(line(everywhere, everywhere));
    for (const area of found.areas) list.append(line(`${area.name} ${area.code}`, area.name, [area.above, area.code].filter(Boolean).join(' · ')));
    list.hidden = !list.children.length;
    at = -1;
    input.setAttribute('aria-expanded', String(!list.hidden));
  };

  const offerSoon = later(offer, 150);
  // What was offered for other words must not be chosen by a quick hand: the first of them is everywhere.
  input.addEventListener('input', () => { asked += 1; close(); offerSoon(); });
  input.addEventListener('focus', () => { if (!input.value) offer(); });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    if (list.hidden) { if (event.key === 'ArrowDown') offer(); return; }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); mark(at + (event.key === 'ArrowDown' ? 1 : at < 0 ? 0 : -1)); }
    if (event.key === 'Enter' && at >= 0) { event.preventDefault(); choose(list.children[at]); }
  });
}
