// The printer's page: the map is drawn to the width of the paper before the dialogue opens.

document.getElementById('print-now').addEventListener('click', () => window.print());
// Without its map the page still prints.
const ward = await import('wardmap').then((wardmap) => wardmap.get('plan')).catch(() => null);
const fit = () => {
  ward?.map.invalidateSize({ animate: false });
  if (ward?.facts.bounds) ward.zoomTo(ward.facts.bounds, { animate: false });
};
window.addEventListener('beforeprint', fit);
window.addEventListener('afterprint', fit);
