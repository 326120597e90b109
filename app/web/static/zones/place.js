// A place named in the address, #zone=12 or #building=345: the list of reasons before publishing leads here.
import { get } from '../shared.js';

// show: { zone(id), building(facts) }
export async function goToPlace(show) {
  const [, kind, id] = /^#(zone|building)=(\d{1,18})$/.exec(location.hash) || [];
  if (kind === 'zone') show.zone(Number(id));
  if (kind === 'building') show.building(await get(`/ground/buildings/${id}`));
}
