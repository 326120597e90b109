// The list of plans: nothing is deleted without a question, and a page that comes back can make drafts again.
import { freshKey } from '../shared.js';

for (const form of document.querySelectorAll('form[data-sure]')) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.sure)) event.preventDefault();
  });
}

// Brought back as it was left, a form would only find the draft that it has made already.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) for (const key of document.querySelectorAll('input[name=key]')) key.value = freshKey();
});
