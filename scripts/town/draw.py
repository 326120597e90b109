"""Draws the whole district and writes every file."""

from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from . import documents, network, output
from .addresses import name_buildings, named_roads
from .areas import Community, draw_communities, draw_greens
from .blocks import cut_town
from .broken import write_broken
from .fill import fill_blocks
from .footprints import Building
from .network import Road
from .places import Place, resident_units, service_points
from .zones import number_zones


@dataclass
class Town:
    net: network.Network
    communities: list[Community]
    buildings: list[Building]
    roads: list[Road]
    greens: list[tuple[str, str, BaseGeometry]]
    ponds: list[tuple[str, str, BaseGeometry]]
    units: list[Place]
    points: list[Place]
    zones: dict[str, list[dict[str, object]]]


def draw_town() -> Town:
    net = network.draw()
    superblocks, blocks = cut_town(net)
    fillings = fill_blocks(net, blocks)
    communities = draw_communities(superblocks, blocks)
    drawn = [b for f in fillings for b in f.buildings]
    buildings = name_buildings(net, blocks, communities, drawn)
    lanes = [lane for f in fillings for lane in f.lanes]
    greens = draw_greens(net, blocks) + [g for f in fillings for g in f.greens]
    greens.sort(key=lambda green: -green[2].area)  # woods and courts are drawn over the park they lie in
    ponds = [
        (name, "lake" if name.endswith("湖") else "pond", shape) for f in fillings for name, shape in f.ponds
    ]
    return Town(
        net, communities, buildings, named_roads(net, lanes), greens, ponds,
        resident_units(communities, buildings), service_points(net, blocks, communities, buildings),
        number_zones(communities, buildings),
    )  # fmt: skip


def write_town(town: Town, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    output.write_areas(folder, town.communities)
    output.write_geojson(folder / "buildings.geojson", [output.building_row(b) for b in town.buildings])
    output.write_roads(folder / "roads.geojson", town.roads)
    kinds = dict(zip(town.net.water, ["river", "river", "canal", "canal"], strict=True))
    water = [({"name": n, "water_kind": kinds[n]}, shape) for n, shape in town.net.water.items()]
    water += [({"name": n, "water_kind": k}, shape) for n, k, shape in town.ponds]
    output.write_geojson(folder / "water.geojson", water)
    output.write_geojson(
        folder / "green.geojson", [({"name": n, "green_kind": k}, shape) for n, k, shape in town.greens]
    )
    output.write_levee(folder, town.net)
    output.write_places(folder / "resident_units.geojson", town.units, with_hours=False)
    output.write_places(folder / "service_points.geojson", town.points, with_hours=True)
    output.write_zones(folder / "zones.json", town.zones)
    broken = write_broken(folder / "broken", town.communities, town.buildings)
    documents.write(folder, [(b.file, b.kind, b.outcome, b.codes) for b in broken])
