"""The two descriptions of geodata/: README.md for people, sources.toml for programs, from one table."""

from pathlib import Path
from typing import NamedTuple

SOURCE = "scripts/make_sample"
LICENCE = "CC0-1.0"
DRAWN_ON = "2026-11-23"
REFERENCE = "EPSG:4326"


class File(NamedTuple):
    name: str
    what: str
    geometry: str
    fields: str
    crs: str = REFERENCE
    access: str = "public"


FILES = [
    File("district.geojson", "the invented district 临江区", "Polygon", "code name level"),
    File("streets.geojson", "its two streets; they fill the district", "Polygon", "code name level parent_code"),
    File("communities.geojson", "18 communities; they fill their streets and share every vertex with their neighbours",
         "Polygon", "code name level parent_code parent_name"),
    File("buildings.geojson", "every building with its footprint, in the order of codes", "Polygon",
         "code name address kind floors units households built_year community_code"),
    File("roads.geojson", "centre lines of roads, the levee crest, lanes, paths and the railway", "LineString", "name road_class"),
    File("water.geojson", "the Yangtze reach with an island, a tributary, two canals, ponds", "Polygon", "name water_kind"),
    File("green.geojson", "parks, sports fields, woods on the foreland, levee slopes", "Polygon", "name green_kind"),
    File("levee.geojson", "the levee crest from the first stake to the last", "LineString", "name level from_stake to_stake length_m"),
    File("stakes.geojson", "one stake each 100 m along the levee", "Point", "stake chainage_m levee"),
    File("resident_units.geojson", "schools, works, offices and markets that cooperate with a community", "Point",
         "name kind address community_code"),
    File("service_points.geojson", "public service points with opening hours", "Point", "name kind address community_code hours"),
    File("division_codes.csv", "the invented 12-digit codes of district, streets and communities", "none",
         "code name parent_code class", "none"),
    File("zones.json", "the first responsibility zones: community code to a list of zones, each with its building codes", "none",
         "number name buildings", "none"),
    File("broken/expected.toml", "what must happen to each file of broken/", "none",
         "file kind outcome codes rows needs names note", "none"),
    File("sources.toml", "this table for programs", "none", "name what source licence date crs geometry fields access", "none"),
    File("README.md", "this page", "none", "", "none"),
]  # fmt: skip

INTRO = """\
# geodata: the sample town

An invented riverside district, drawn by `{source}` from a fixed seed: the same bytes every time. **Nothing here is real.** The place
lies where a reach of the Yangtze could lie, but the district, its streets, communities, roads, estates and units are made up; the codes
begin with `329901`, which belongs to no district. There are no persons, no telephone numbers, and no private facts.

- Source of every file: `{source}`. Do not edit the files by hand: change the program and run it again.
- Licence: {licence} (no rights reserved). Date of the drawing: {date}.
- Reference system: WGS 84 longitude and latitude, 7 decimals, RFC 7946 (`{crs}`). Lengths and areas are meant in EPSG:4549.
- Text is UTF-8; names are Chinese, field names English.
- Who may see it: everyone. An office's own files never belong in this folder.

"""
WORDS = """
## Words used in the fields

- `kind` of a building: residential, lane_house, tower, commercial, office, school, hospital, market, industrial, public, utility.
- `households` is 0 where nobody lives; `units` counts stairwells. Slab blocks have 38 to 42 households each on average.
- `road_class`: arterial, secondary, minor, lane, footway, levee_road, railway. `water_kind`: river, canal, pond, lake.
  `green_kind`: park, square, levee_slope, grove.
- `code` of a building is its community's code and five digits; it stays when zones change.
- Zones have 300 to 500 households where the community allows it, are numbered west to east and north to south, hang together,
  and every building of a community, whatever it is used for, is in exactly one of them.

## broken/

Small files that must be refused, questioned or repaired when somebody imports them, drawn by the same program. `expected.toml` says for
each what it pretends to be and which finding is expected. Two of them only look broken and must be read right.

| file | imported as | must end as | code words |
|---|---|---|---|
"""


def write(folder: Path, broken: list[tuple[str, str, str, list[str]]]) -> None:
    (folder / "README.md").write_text(_readme(broken), encoding="utf-8", newline="\n")
    (folder / "sources.toml").write_text(
        _sources([name for name, *_ in broken]), encoding="utf-8", newline="\n"
    )


def _readme(broken: list[tuple[str, str, str, list[str]]]) -> str:
    text = INTRO.format(source=SOURCE, licence=LICENCE, date=DRAWN_ON, crs=REFERENCE)
    text += "| file | what | geometry | reference system | fields |\n|---|---|---|---|---|\n"
    for file in FILES:
        fields = ", ".join(f"`{f}`" for f in file.fields.split())
        text += f"| `{file.name}` | {file.what} | {file.geometry} | {file.crs} | {fields} |\n"
    text += WORDS
    for name, kind, outcome, codes in broken:
        words = ", ".join(f"`{c}`" for c in codes) or "none"
        text += f"| `broken/{name}` | {kind} | {outcome} | {words} |\n"
    return text


def _sources(broken: list[str]) -> str:
    files = [*FILES]
    files += [
        File(
            f"broken/{n}", "a file to refuse, question or repair; see broken/expected.toml", "any", "", "any"
        )
        for n in broken
    ]
    blocks = ["# One entry per file of geodata/. Written by scripts/make_sample."]
    for file in files:
        fields = ", ".join(f'"{f}"' for f in file.fields.split())
        blocks.append(
            f'[[files]]\nname = "{file.name}"\nwhat = "{file.what}"\nsource = "{SOURCE}"\nlicence = "{LICENCE}"\n'
            f'date = {DRAWN_ON}\ncrs = "{file.crs}"\ngeometry = "{file.geometry}"\nfields = [{fields}]\naccess = "{file.access}"'
        )
    return "\n\n".join(blocks) + "\n"
