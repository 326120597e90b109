// The list of plans: nothing is deleted without a question, and a page that comes back can make drafts again.
import { renewFormKeys } from '../shared.js';

for (const form of document.querySelectorAll('form[data-sure]')) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.sure)) event.preventDefault();
  });
}

renewFormKeys();
