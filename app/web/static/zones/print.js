// The printer's page: its map has the size of the paper from the start, because nothing can be fetched while a browser prints.

import { repaint } from '../map/print.js';
import { forceRatio } from '../map/ratio.js';

forceRatio(2);
document.getElementById('print-now').addEventListener('click', () => window.print());
// Without its map the page still prints.
const ward = await import('wardmap').then((wardmap) => wardmap.get('plan')).catch(() => null);
if (ward) repaint(ward);
