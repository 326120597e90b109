"""The attributes of all rows: cleaned, typed, and checked against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import N_
from app.geo import vocabulary
from app.geo.columns import AREA_KINDS, FIELDS, NUMBERS, plain_name
from app.geo.findings import refusal
from app.geo.findings_log import FindingLog
from app.geo.names import NameBook
from app.geo.personal import LOOKED_AT, personal_kind
from app.geo.texts import (
    building_code,
    division_code,
    listed_code,
    map_distinct,
    read_number,
    tidy,
    tidy_code,
)
from app.privacy import scrub

CODES = ("code", "parent_code", "community_code")
RANGES = {
    "floors": (0, 200),
    "units": (0, 100),
    "households": (-20_000, 20_000),
    "built_year": (1000, 2100),
}
MANY_HOUSEHOLDS = 1_000
MANY_PER_FLOOR = 40
PLAUSIBLE_MEAN = (10.0, 120.0)
LISTED_ROWS = 8
# Columns whose numbers are known to be somebody else's; no remark needed.
EXPECTED_OTHER = frozenset({"osm_key", "osm_id", "osmId"})
EXPECTED = {"area": N_("12 位区划编码"), "building": N_("社区编码加 5 位序号，共 17 位")}
WORDS: dict[str, Callable[[str], str | None]] = {
    "kind": vocabulary.building_kind,
    "road_class": vocabulary.road_class,
    "water_kind": vocabulary.water_kind,
}
Flags = npt.NDArray[np.bool_]
Fields = dict[str, pa.Array]


def clean_fields(kind: str, columns: dict[str, str], raw: Fields, rows: int, log: FindingLog) -> Fields:
    """Typed fields of a kind from the raw text of the chosen columns.

    Parameters
    ----------
    kind : str
    columns : dict
        Field to column name.
    raw : dict
        Column name to strings, one per row.

    Returns
    -------
    dict
        Every field of the kind except ``lon`` and ``lat``, plus ``source_key``.
    """
    fields: Fields = {}
    for item in FIELDS[kind]:
        if item in ("lon", "lat"):
            continue
        column = raw.get(columns.get(item, ""))
        if column is None:
            fields[item] = pa.nulls(rows, pa.int32() if item in NUMBERS else pa.string())
        elif item in NUMBERS:
            fields[item] = _numbers(item, columns[item], column, log)
        elif item in WORDS:
            fields[item] = map_distinct(column, WORDS[item], pa.string())
        else:
            fields[item] = map_distinct(column, tidy_code if item in CODES else tidy, pa.string())
    _leave_out_numbers(fields, log)
    fields["source_key"] = pa.nulls(rows, pa.string())
    if "code" in fields:
        _drop_constant_key(columns, fields, rows, log)
        _read_codes(kind, columns.get("code", ""), fields, log)
    return fields


def refuse_personal(columns: dict[str, str], raw: Fields) -> None:
    """Refuse a mapping that takes a column about people for something else.

    Raises
    ------
    InvalidInput
        ``column_personal``.
    """
    for name in columns.values():
        values = pc.unique(raw[name].drop_null()).slice(0, LOOKED_AT).to_pylist()
        if personal_kind(plain_name(name), values):
            raise refusal("column_personal", columns=name)


def _leave_out_numbers(fields: Fields, log: FindingLog) -> None:
    """Names and addresses in which somebody has put a telephone or identity number."""
    lost = 0
    for item in ("name", "address", *CODES):
        cells = fields.get(item)
        if cells is None or not pc.any(pc.match_substring_regex(cells, r"(\d[ -]?){11}")).as_py():
            continue
        # A number is cut out of a text; of a code nothing would be left.
        clean = _code_or_none if item in CODES else lambda text: tidy(scrub(text))
        fields[item] = map_distinct(cells, clean, pa.string())
        lost += int(
            pc.sum(pc.not_equal(*(pc.fill_null(one, "") for one in (fields[item], cells)))).as_py() or 0
        )
    if lost:
        log.add("text_personal", "warn", count=lost)


def _code_or_none(text: str) -> str | None:
    return text if scrub(text) == text else None


def fill_names(fields: Fields, given: str) -> None:
    """Call rows without a name by a given one, numbered in file order when there are several."""
    bare = fields["name"].is_null().to_numpy(zero_copy_only=False)
    count = int(bare.sum())
    names = np.full(len(bare), None, dtype=object)
    names[bare] = [given] if count == 1 else [f"{given} {number}" for number in range(1, count + 1)]
    fields["name"] = pc.coalesce(fields["name"], pa.array(names, pa.string()))


def _numbers(item: str, column: str, cells: pa.Array, log: FindingLog) -> pa.Array:
    low, high = RANGES[item]

    def read(text: str) -> int | None:
        number = read_number(text)
        return number if number is not None and low <= number <= high else None

    numbers = map_distinct(cells, read, pa.int32())
    meant = map_distinct(cells, lambda text: tidy(text) is not None, pa.bool_())
    lost = pc.and_(pc.is_null(numbers), pc.fill_null(meant, False))
    for index in np.flatnonzero(lost.to_numpy(zero_copy_only=False)).tolist():
        log.add("number_unreadable", "warn", index, column=column, value=cells[index].as_py()[:40])
    return numbers


def _drop_constant_key(columns: dict[str, str], fields: Fields, rows: int, log: FindingLog) -> None:
    distinct = pc.unique(fields["code"].drop_null())
    if rows > 1 and len(distinct) == 1 and fields["code"].null_count < rows - 1:
        log.add("key_constant", "warn", column=columns["code"], value=distinct[0].as_py())
        fields["code"] = pa.nulls(rows, pa.string())


def _read_codes(kind: str, column: str, fields: Fields, log: FindingLog) -> None:
    """Codes in our own shape stay codes; others become the source key."""
    typed = fields["code"]
    rule = {"building": building_code, "codes": listed_code}.get(kind, division_code)
    fields["code"] = map_distinct(typed, rule, pa.string())
    for item in ("parent_code", "community_code"):
        if item in fields:
            fields[item] = map_distinct(
                fields[item], listed_code if kind == "codes" else division_code, pa.string()
            )
    odd = pc.and_(pc.is_valid(typed), pc.is_null(fields["code"])).to_numpy(zero_copy_only=False)
    fields["source_key"] = pc.if_else(pa.array(odd), typed, pa.scalar(None, pa.string()))
    rows = np.flatnonzero(odd)
    if kind == "codes" or column in EXPECTED_OTHER or not len(rows):
        return
    expected = EXPECTED["building" if kind == "building" else "area"]
    if len(rows) > max(3, len(odd) // 5):
        # A numbering of the office's own, not a slip: one remark for the file.
        log.add(
            "code_malformed", "note", value=typed[int(rows[0])].as_py(), expected=expected, count=len(rows)
        )
        return
    for index in rows.tolist():
        log.add("code_malformed", "warn", index, value=typed[index].as_py(), expected=expected)


def derive_parents(kind: str, fields: Fields) -> None:
    """Fill a missing parent code from the row's own code: nine digits of a community, six of a street, twelve of a building."""
    if kind == "building":
        _fill(fields, "community_code", lambda code: code[:12])
    elif kind == "community":
        _fill(fields, "parent_code", lambda code: code[:9] + "000" if code[9:] != "000" else None)
    elif kind == "street":
        _fill(fields, "parent_code", lambda code: code[:6] + "000000" if code[6:] != "000000" else None)
    elif kind in ("district", "codes"):
        _fill(fields, "parent_code", _parent_of)


def _fill(fields: Fields, target: str, rule: Callable[[str], str | None]) -> None:
    fields[target] = pc.coalesce(fields[target], map_distinct(fields["code"], rule, pa.string()))


def _parent_of(code: str) -> str | None:
    for kept in (9, 6, 4, 2):
        if int(code[kept:]):
            return code[:kept].ljust(12, "0")
    return None


def check_keys(kind: str, fields: Fields, refused: Flags, log: FindingLog) -> None:
    """Repeated codes and names, missing names, codes that contradict their parent."""
    if kind in AREA_KINDS or kind == "codes":
        _refuse_nulls(fields["name"], "name_missing", refused, log)
    if kind == "codes":
        _check_code_list(fields, refused, log)
    if "code" in fields:
        for value, rows in _repeats(fields["code"], refused):
            _note_repeat("code_duplicate", "refuse", value, rows, log)
            refused[rows] = True
        for value, rows in _repeats(fields["source_key"], refused):
            _note_repeat("code_duplicate", "warn", value, rows, log)
    if kind in AREA_KINDS:
        scope = pc.coalesce(fields["parent_code"], fields["parent_name"], pa.scalar(""))
        keys = pc.binary_join_element_wise(scope, fields["name"], "\x1f")
        for value, rows in _repeats(keys, refused):
            _note_repeat("name_duplicate", "warn", value.split("\x1f")[-1], rows, log)


def _refuse_nulls(column: pa.Array, code: str, refused: Flags, log: FindingLog) -> None:
    rows = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False) & ~refused)
    log.add_rows(code, "refuse", rows)
    refused[rows] = True


def _check_code_list(fields: Fields, refused: Flags, log: FindingLog) -> None:
    odd = fields["source_key"]
    for index in np.flatnonzero(odd.is_valid().to_numpy(zero_copy_only=False) & ~refused).tolist():
        log.add("code_refused", "refuse", index, value=odd[index].as_py())
        refused[index] = True
    _refuse_nulls(fields["code"], "code_missing", refused, log)
    starts = pc.equal(
        pc.utf8_slice_codeunits(fields["code"], 0, 2), pc.utf8_slice_codeunits(fields["parent_code"], 0, 2)
    )
    strange = pc.fill_null(pc.invert(starts), False).to_numpy(zero_copy_only=False)
    for index in np.flatnonzero(strange & ~refused).tolist():
        log.add("code_refused", "refuse", index, value=fields["code"][index].as_py())
        refused[index] = True


def _repeats(column: pa.Array, refused: Flags) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Values that occur in several rows still standing, with those rows."""
    standing = pc.if_else(pa.array(~refused), column, pa.scalar(None, pa.string()))
    encoded = standing.dictionary_encode()
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(encoded.dictionary):
        return []
    counts = np.bincount(indices[indices >= 0], minlength=len(encoded.dictionary))
    order = np.argsort(indices, kind="stable")
    edges = np.searchsorted(indices[order], np.arange(len(counts) + 1))
    return [
        (encoded.dictionary[value].as_py(), order[edges[value] : edges[value + 1]])
        for value in np.flatnonzero(counts > 1).tolist()
    ]


def _note_repeat(code: str, severity: Any, value: str, rows: npt.NDArray[np.int64], log: FindingLog) -> None:
    listed = "、".join(str(log.row_no(row)) for row in rows[:LISTED_ROWS].tolist()) + (
        "…" if len(rows) > LISTED_ROWS else ""
    )
    log.add_rows(code, severity, rows, value=value, rows=listed)


def check_households(fields: Fields, log: FindingLog) -> None:
    """Household numbers nobody would believe, row by row and on average."""
    households = pc.fill_null(fields["households"], 0).to_numpy(zero_copy_only=False)
    floors = pc.fill_null(fields["floors"], 0).to_numpy(zero_copy_only=False)
    for index in np.flatnonzero(households > MANY_HOUSEHOLDS).tolist():
        reason = N_("一栋楼超过 1000 户")
        log.add("households_implausible", "warn", index, value=int(households[index]), reason=reason)
    for index in np.flatnonzero(households < 0).tolist():
        log.add(
            "households_implausible", "warn", index, value=int(households[index]), reason=N_("户数不能是负数")
        )
    fields["households"] = pc.if_else(
        pa.array(households < 0), pa.scalar(None, pa.int32()), fields["households"]
    )
    crowded = (floors > 0) & (households <= MANY_HOUSEHOLDS) & (households > MANY_PER_FLOOR * floors)
    for index in np.flatnonzero(crowded).tolist():
        reason = N_("每层超过 40 户")
        log.add("households_implausible", "warn", index, value=int(households[index]), reason=reason)
    kinds = fields["kind"].to_numpy(zero_copy_only=False)
    homes = np.isin(kinds.astype(str), ("residential", "lane_house", "tower", "None")) & (households > 0)
    if homes.sum() >= 20:
        mean = float(households[homes].mean())
        if not PLAUSIBLE_MEAN[0] <= mean <= PLAUSIBLE_MEAN[1]:
            log.add("households_mean", "warn", mean=round(mean, 1))


def match_names(
    fields: Fields, name_field: str, code_field: str, book: NameBook, refused: Flags, log: FindingLog
) -> None:
    """Fill missing codes by looking names up in a list; say what is not in it or several times in it."""
    if not len(book) or name_field not in fields:
        return
    names, codes = fields[name_field].to_pylist(), fields[code_field].to_pylist()
    said: set[str] = set()
    for index, (name, code) in enumerate(zip(names, codes, strict=True)):
        if name is None or code is not None or refused[index]:
            continue
        match = book.find(name)
        codes[index] = match.code
        if match.code or name in said:
            continue
        said.add(name)
        if match.how == "ambiguous":
            listed = "、".join(f"{official}（{known}）" for known, official in match.candidates[:4])
            log.add("name_ambiguous", "warn", index, value=name, candidates=listed)
        else:
            log.add("name_unmatched", "warn", index, value=name)
    fields[code_field] = pa.array(codes, pa.string())


def refuse_twins(wkb: npt.NDArray[np.object_], is_point: Flags, refused: Flags, log: FindingLog) -> None:
    """Keep the first of several rows with the very same outline. Points may coincide: many doors have one address."""
    column = pa.array(wkb, pa.binary())
    encoded = column.dictionary_encode()
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    firsts = np.full(max(len(encoded.dictionary), 1), -1, dtype=np.int64)
    candidates = np.flatnonzero((indices >= 0) & ~is_point & ~refused)
    # Written backwards, so that the lowest row of each outline is what remains.
    firsts[indices[candidates[::-1]]] = candidates[::-1]
    for row in candidates[firsts[indices[candidates]] != candidates].tolist():
        log.add("feature_duplicate", "refuse", row, first_row=log.row_no(int(firsts[indices[row]])))
        refused[row] = True
