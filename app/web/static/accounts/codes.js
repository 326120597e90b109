// Recovery codes: onto paper or into the clipboard.
import { toast } from '../shared.js';

document.querySelector('[data-print]').addEventListener('click', () => window.print());
const copy = document.querySelector('[data-copy]');
copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(copy.dataset.copy);
    toast(copy.dataset.done);
  } catch {
    // Without TLS there is no clipboard: the codes are marked for the person to copy.
    window.getSelection().selectAllChildren(document.querySelector('.code-list'));
  }
});
