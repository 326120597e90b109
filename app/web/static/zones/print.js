// The printer's page: the map is drawn to the width of the paper before the dialogue opens.
import { get as mapNamed } from 'wardmap';

document.getElementById('print-now').addEventListener('click', () => window.print());
const ward = await mapNamed('plan').catch(() => null);
const fit = () => {
  ward?.map.invalidateSize({ animate: false });
  if (ward?.facts.bounds) ward.zoomTo(ward.facts.bounds, { animate: false });
};
window.addEventListener('beforeprint', fit);
window.addEventListener('afterprint', fit);
