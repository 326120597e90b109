// What is shown once, onto paper or into the clipboard.
import { toast } from '../shared.js';

for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => window.print());
for (const copy of document.querySelectorAll('[data-copy]')) {
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      toast(copy.dataset.done);
    } catch {
      // Without TLS there is no clipboard: the words are marked for the person to copy.
      window.getSelection().selectAllChildren(document.querySelector(copy.dataset.from || '.code-list'));
    }
  });
}
