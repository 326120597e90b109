// After an import: undoing it is asked twice, because it reaches into what others see.

import './forms.js';
import { watch } from './watch.js';

const dialog = document.getElementById('undo-dialog');
if (dialog) {
  document.getElementById('ask-undo').addEventListener('click', () => dialog.showModal());
  document.getElementById('keep').addEventListener('click', () => dialog.close());
}
watch();
