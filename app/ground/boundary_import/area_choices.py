"""Which area a row of a boundary file is: pure choices from codes, names and places that were looked up before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.codes import code_prefix
from app.errors import N_
from app.geo.names import NameBook
from app.ground.queries.import_words import LEVEL_WORDS
from app.ground.rules import level_of, next_local_codes, parent_level, parent_of, widen_code

# A district that nothing names, above a street that has the name of the file.
# An area above of which only the code is known.
NAME_OF_CODE = {"district": N_("区 %(code)s"), "street": N_("街道 %(code)s")}
DISTRICT_OF_FILE = N_("%(stem)s（区）")


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A row of the file.

    `placed` are stored areas of the level above whose boundary holds the row's point; `same_shape` are stored areas of its
    own level with exactly its boundary.
    """

    row_no: int
    code: str | None
    name: str | None
    parent_code: str | None
    parent_name: str | None
    placed: tuple[str, ...] = ()
    placed_districts: tuple[str, ...] = ()
    same_shape: tuple[str, ...] = ()
    lon: float = 0.0
    lat: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredArea:
    code: str
    level: str
    parent_code: str | None
    name: str
    has_boundary: bool


@dataclass(slots=True)
class Choice:
    """What a row is: the area above, its own code, and whether that code exists already."""

    row_no: int
    parent_code: str | None = None
    code: str | None = None
    name: str | None = None
    is_stored: bool = False
    is_refused: bool = False


@dataclass(slots=True)
class PlannedFinding:
    code: str
    row_no: int | None
    facts: dict[str, Any] = field(default_factory=dict)


class _Refused(Exception):
    """What a row is, or what it belongs to, cannot be told; carries the finding that says why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts


def is_nameless(row: AreaRow) -> bool:
    """Whether the name says nothing beyond the code."""
    return not row.name or (bool(row.code) and (row.code or "").startswith(row.name) and row.name.isdigit())


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    return "、".join(f"{name} {code}" for code, name in pairs)


class AreaChooser:
    """Chooses for all rows of one file.

    Parameters
    ----------
    level : {'district', 'street', 'community'}
    stored : sequence of StoredArea
        All areas of today.
    official : mapping of code to name
        Official codes that could matter here.
    into : str or None
        Area that the file is about, as the planner said.
    file_stem : str
        Names an area above that nothing else names.
    """

    def __init__(
        self,
        level: str,
        stored: Sequence[StoredArea],
        official: Mapping[str, str],
        into: str | None,
        file_stem: str,
    ) -> None:
        self.level = level
        self.above = parent_level(level)
        self.into = into
        self.file_stem = file_stem
        self.official = official
        self.areas = {area.code: area for area in stored}
        self.findings: list[PlannedFinding] = []
        # Areas above that are missing and will be made, in the order in which they must be.
        self.made: dict[str, StoredArea] = {}
        self._claims: dict[str, int] = {}
        self._book, self._book_age = NameBook(()), -1
        self._official_above = NameBook(
            (c, name, None) for c, name in official.items() if level_of(c) == self.above
        )
        self._name_books: dict[str | None, tuple[NameBook, NameBook]] = {}
        scope = code_prefix(into) if into else ""
        self._scoped = {
            code: area
            for code, area in self.areas.items()
            if code.startswith(scope) or scope.startswith(code_prefix(code))
        }

    def choose(self, rows: Sequence[AreaRow]) -> list[Choice]:
        """One choice per row; a choice without a code is refused, and a finding says why."""
        choices: list[Choice] = []
        nameless: list[tuple[AreaRow, Choice]] = []
        seen: dict[str, int] = {}
        self._claim(rows)
        for row in rows:
            choice = self._choose_one(row)
            choices.append(choice)
            if choice.code is None and not choice.is_refused:
                nameless.append((row, choice))
            elif choice.code is not None:
                self._refuse_repeated(choice, seen)
        self._make_codes(nameless, seen)
        return choices

    def _choose_one(self, row: AreaRow) -> Choice:
        own = self._own_code(row)
        choice = Choice(row.row_no, name=row.name)
        try:
            parent = self._parent(row, own) if self.above else None
            choice.code = own or self._code_by_name(row, parent)
        except _Refused as refused:
            self.findings.append(PlannedFinding(refused.code, row.row_no, refused.facts))
            choice.is_refused = True
            return choice
        choice.parent_code = parent
        self._compare_place(row, parent)
        if choice.code:
            choice.is_stored = choice.code in self.areas
            choice.name = self._name_of(choice.code) if is_nameless(row) else row.name
        return choice

    def _own_code(self, row: AreaRow) -> str | None:
        if not row.code:
            return None
        own = widen_code(row.code, self.level)
        if own is None and level_of(row.code.ljust(12, "0")) is not None:
            self._note("code_of_other_level", row, value=row.code, level=LEVEL_WORDS[self.level])
        return own

    # the area above

    def _parent(self, row: AreaRow, own: str | None) -> str:
        if own:
            return self._existing_or_made(parent_of(own) or "", row.parent_name)
        stated = widen_code(row.parent_code, self.above or "") if row.parent_code else None
        if stated:
            return self._existing_or_made(stated, row.parent_name)
        if self.into and level_of(self.into) == self.above:
            return self.into
        named = self._parent_by_name(row) if row.parent_name else None
        return named or self._parent_of_same(row) or self._parent_by_place(row)

    def _existing_or_made(self, code: str, name: str | None) -> str:
        if code not in self.areas:
            self._make(code, self.official.get(code) or name or code)
        return code

    def _parent_by_name(self, row: AreaRow) -> str | None:
        name = row.parent_name or ""
        match = self._above_book().find(name)
        if match.code:
            return match.code
        if match.how == "ambiguous":
            inside = [code for code, _ in match.candidates if code in row.placed]
            if len(inside) == 1:
                return inside[0]
            raise _Refused("parent_several", candidates=_listed(match.candidates))
        match = self._official_above.find(name)
        if match.code and (not self.into or match.code.startswith(code_prefix(self.into)[:6])):
            return self._existing_or_made(match.code, self.official[match.code])
        if row.placed:
            return None
        return self._make_local(name, row)

    def _parent_of_same(self, row: AreaRow) -> str | None:
        """Where the stored area with this very boundary belongs."""
        parents = {self.areas[code].parent_code for code in row.same_shape if code in self._scoped}
        return parents.pop() if len(parents) == 1 else None

    def _parent_by_place(self, row: AreaRow) -> str:
        placed = [code for code in row.placed if code in self._scoped]
        if len(placed) == 1:
            return placed[0]
        if placed:
            raise _Refused(
                "parent_several", candidates=_listed((code, self.areas[code].name) for code in placed)
            )
        above = self._above_areas()
        if len(above) == 1 and not above[0].has_boundary:
            return above[0].code
        if not above:
            return self._make_local(self._fallback_name(), row)
        raise _Refused("parent_none", level=LEVEL_WORDS[self.above or "district"])

    def _above_book(self) -> NameBook:
        if self._book_age != len(self.areas):
            self._book_age = len(self.areas)
            self._book = NameBook((a.code, a.name, a.parent_code) for a in self._above_areas())
        return self._book

    def _above_areas(self) -> list[StoredArea]:
        return [area for area in self._scoped.values() if area.level == self.above]

    def _fallback_name(self) -> str:
        return self.areas[self.into].name if self.into in self.areas else self.file_stem

    def _make_local(self, name: str, row: AreaRow) -> str:
        """A parent of our own; only where the district above it leaves no doubt."""
        district = self._only_district(row) if self.above == "street" else None
        for area in self.made.values():
            if area.level == self.above and area.name == name and area.parent_code == district:
                return area.code
        codes = next_local_codes(self.above or "", district, [*self.areas, *self.official], 1)
        if not codes:
            raise _Refused("numbers_used_up", parent=name)
        return self._make(codes[0], name)

    def _only_district(self, row: AreaRow) -> str:
        if self.into and level_of(self.into) == "district":
            return self.into
        if len(row.placed_districts) == 1:
            return row.placed_districts[0]
        districts = [area for area in self._scoped.values() if area.level == "district"]
        if len(districts) == 1:
            return districts[0].code
        if districts:
            raise _Refused("parent_none", level=LEVEL_WORDS["street"])
        code = next_local_codes("district", None, [*self.areas, *self.official], 1)[0]
        return self._make(code, DISTRICT_OF_FILE % {"stem": self.file_stem})

    def _make(self, code: str, name: str) -> str:
        """Plan to make a missing area above, and the one above that."""
        higher = parent_of(code)
        if higher and higher not in self.areas:
            self._make(
                higher,
                self.official.get(higher)
                or NAME_OF_CODE[level_of(higher) or "district"] % {"code": code_prefix(higher)},
            )
        area = StoredArea(code, level_of(code) or "", higher, name, False)
        self.areas[code] = self._scoped[code] = self.made[code] = area
        self.findings.append(
            PlannedFinding(
                "parent_created", None, {"name": name, "code": code, "level": LEVEL_WORDS[area.level]}
            )
        )
        return code

    def _compare_place(self, row: AreaRow, parent: str | None) -> None:
        stated = self.areas.get(parent or "")
        if stated and stated.has_boundary and row.placed and parent not in row.placed:
            self._note("parent_differs", row, stated=stated.name, placed=self.areas[row.placed[0]].name)

    # its own code

    def _code_by_name(self, row: AreaRow, parent: str | None) -> str | None:
        """The stored area that this is, else the official code of its name; None when neither can be told."""
        stored, listed = self._books(parent)
        same_shape = [code for code in row.same_shape if self.areas[code].parent_code == parent]
        match = stored.find(row.name or "")
        both = [code for code in same_shape if code == match.code or code in dict(match.candidates)]
        if both:
            return both[0]
        if match.code and self._claims.get(match.code, row.row_no) == row.row_no:
            return match.code
        if len(same_shape) == 1 and same_shape[0] not in self._claims:
            return same_shape[0]
        if match.how == "ambiguous":
            raise _Refused("area_several", name=row.name, candidates=_listed(match.candidates))
        match = listed.find(row.name or "")
        if match.code and match.code in self.areas:
            return None
        if match.code:
            self._note("code_found", row, name=row.name, code=match.code, official=self.official[match.code])
        elif match.how == "ambiguous":
            self._note("official_ambiguous", row, name=row.name, candidates=_listed(match.candidates))
        return match.code

    def _books(self, parent: str | None) -> tuple[NameBook, NameBook]:
        """Names of stored and of official areas below a parent; made once per parent."""
        if parent not in self._name_books:
            siblings = [a for a in self.areas.values() if a.level == self.level and a.parent_code == parent]
            listed = [
                (code, name, parent)
                for code, name in self.official.items()
                if level_of(code) == self.level and parent_of(code) == parent
            ]
            stored = NameBook((area.code, area.name, area.parent_code) for area in siblings)
            self._name_books[parent] = (stored, NameBook(listed))
        return self._name_books[parent]

    def _claim(self, rows: Sequence[AreaRow]) -> None:
        """A stored area whose name and boundary a row repeats is that row's, whoever else bears the name."""
        for row in rows:
            for code in row.same_shape:
                if self.areas[code].name == row.name:
                    self._claims.setdefault(code, row.row_no)

    def _make_codes(self, rows: list[tuple[AreaRow, Choice]], seen: dict[str, int]) -> None:
        """Local codes for what no code and no name could tell: from west to east, from north to south."""
        families: dict[str | None, list[tuple[AreaRow, Choice]]] = defaultdict(list)
        for row, choice in rows:
            families[choice.parent_code].append((row, choice))
        for parent, family in families.items():
            family.sort(key=lambda pair: (round(pair[0].lon, 2), -pair[0].lat, pair[0].row_no))
            codes = next_local_codes(self.level, parent, [*self.areas, *self.official, *seen], len(family))
            for (row, choice), code in zip(family, codes, strict=False):
                choice.code = code
                seen[code] = row.row_no
                self._note_made(row, parent, code)
            for row, _ in family[len(codes) :]:
                self._note("numbers_used_up", row, parent=self._name_of(parent or ""))

    @cached_property
    def _listed_parents(self) -> set[str | None]:
        return {parent_of(code) for code in self.official if level_of(code) == self.level}

    def _note_made(self, row: AreaRow, parent: str | None, code: str) -> None:
        """Where the official list goes down to this level, a name that is not in it deserves a second look."""
        if parent and parent in self._listed_parents:
            self._note("name_unlisted", row, name=row.name, parent=self._name_of(parent), code=code)
        else:
            self._note("code_made", row, name=row.name, code=code)

    def _refuse_repeated(self, choice: Choice, seen: dict[str, int]) -> None:
        first = seen.setdefault(choice.code or "", choice.row_no)
        if first != choice.row_no:
            self.findings.append(PlannedFinding("area_repeated", choice.row_no, {"first_row": first}))
            choice.code = None
            choice.is_refused = True

    def _name_of(self, code: str) -> str:
        area = self.areas.get(code)
        return self.official.get(code) or (area.name if area else code)

    def _note(self, finding: str, row: AreaRow, **facts: Any) -> None:
        self.findings.append(PlannedFinding(finding, row.row_no, facts))
