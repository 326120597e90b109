"""Nothing personal is kept that nobody has thought about."""

import importlib
import re
from pathlib import Path

from app.cli.privacy import DEFAULTS
from app.db import Base
from app.privacy import PERSONAL, TABLES, level_of
from app.privacy.document import DOCUMENT, table_of_fields
from tests.conftest import CHECKOUT

SUSPICIOUS = re.compile(
    r"phone|mobile|tel(?!l)|id_card|identity|birth|gender|sex|mail|wechat|passw|secret|token|totp"
)
# Names that only look so.
HARMLESS = {("account", "password_changed_at"), ("account", "totp_counter")}
# Rooms that may keep something of a person; the ground and the zones never.
PERSONAL_ROOMS = {"accounts", "people"}
FILES_OF_OFFICES = {"import_part", "ground_import"}


def load_models() -> None:
    for place in sorted((CHECKOUT / "app").glob("*/models*")):
        importlib.import_module(f"app.{place.parent.name}.models")


def test_every_table_has_a_level() -> None:
    load_models()
    missing = sorted(set(Base.metadata.tables) - set(TABLES))
    assert not missing, (
        f"say in app/privacy/catalogue.py, TABLES, how carefully {missing} are handled (P0 to P3), and in PERSONAL"
        " which of their columns tell something of a person, why and how long they are kept"
    )


def test_every_entry_is_about_a_column_that_exists() -> None:
    load_models()
    for table, column in PERSONAL:
        if table in Base.metadata.tables:
            assert column in Base.metadata.tables[table].columns, (table, column)


def test_columns_that_look_personal_are_in_the_catalogue() -> None:
    load_models()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if SUSPICIOUS.search(column.name) and (table.name, column.name) not in HARMLESS:
                assert level_of(table.name, column.name) in ("P2", "P3"), (
                    f"{table.name}.{column.name} looks personal: give it an entry in PERSONAL of app/privacy/catalogue.py"
                )


def test_personal_columns_are_in_their_rooms_only() -> None:
    load_models()
    rooms = {
        mapper.local_table.name: mapper.class_.__module__.split(".")[1] for mapper in Base.registry.mappers
    }
    for table, _column in PERSONAL:
        assert table not in rooms or rooms[table] in PERSONAL_ROOMS or table in FILES_OF_OFFICES, table


def test_each_entry_says_why_how_long_and_who() -> None:
    for place, field in PERSONAL.items():
        assert field.level in ("P2", "P3"), place
        assert all((field.what, field.purpose, field.keep, field.seen_by)), place


def test_no_identity_numbers_are_kept_anywhere() -> None:
    load_models()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert not re.search(r"id_?card|identity_no|id_?number|shenfen", column.name), (
                table.name,
                column.name,
            )


def test_the_document_says_the_same() -> None:
    written = Path(CHECKOUT / DOCUMENT).read_text(encoding="utf-8")
    assert table_of_fields(**DEFAULTS) in written, "run `./scripts/wardmap privacy write`"
