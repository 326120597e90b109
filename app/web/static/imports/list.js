// Find and sort in the list of imports.

import { later } from '../shared.js';

const table = document.getElementById('imports');
if (table) {
  const body = table.tBodies[0];
  const filter = document.getElementById('filter');
  const none = document.getElementById('none-found');

  filter.addEventListener('input', later(() => {
    const wanted = filter.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    none.hidden = shown > 0;
  }, 120));

  table.tHead.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-sort]');
    if (!button) return;
    const column = Number(button.dataset.sort);
    const head = button.closest('th');
    const rising = head.getAttribute('aria-sort') !== 'ascending';
    for (const other of table.tHead.rows[0].cells) other.setAttribute('aria-sort', 'none');
    head.setAttribute('aria-sort', rising ? 'ascending' : 'descending');
    const sign = rising ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => sign * compare(valueOf(a, column), valueOf(b, column)));
    body.append(...rows);
  });

  document.getElementById('print').addEventListener('click', () => window.print());
}

function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

function compare(a, b) {
  return a.localeCompare(b, document.documentElement.lang, { numeric: true });
}
