// Shows only the questions that the chosen level raises. Without this script all are shown, and all work.
import { renewFormKeys } from '../shared.js';

const form = document.querySelector('.new-area');

function arrange() {
  const level = form.elements.level.value;
  let chosen = null;
  for (const part of form.querySelectorAll('.parent-of')) {
    part.hidden = part.dataset.level !== level;
    if (!part.hidden) chosen = part.querySelector('select');
  }
  form.querySelector('.new-parent').hidden = !chosen || chosen.value !== '';
}

form.addEventListener('change', arrange);
arrange();
renewFormKeys();
