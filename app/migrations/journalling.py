"""Triggers that write the journal, made from the tables as they are, anew after every migration.

A table that people change gets a line in `KEPT`; one that is not journalled gets a reason in `NOT_KEPT`; a test knows both.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

# Of new rows, as many are kept whole; of more only how many, the first and last, and a hash over them.
KEPT_WHOLE = 50
# So many changed rows go into one line.
ROWS_A_LINE = 1000


@dataclass(frozen=True)
class Kept:
    """How a table is journalled. `area` and `label` are SQL about a row {0}: whose it is, and what people call it."""

    area: str = "{0}.area_code"
    label: str = "NULL"
    key: str = "id"
    # Of these it is only said that they changed.
    hidden: tuple[str, ...] = ()
    # Too large to keep: their hash is kept.
    hashed: tuple[str, ...] = ()
    # Counters and the like, which say nothing that other columns do not.
    ignored: tuple[str, ...] = ()
    # Columns that many new rows have in common; kept in their summary.
    common: tuple[str, ...] = ()


# Where it has a role now, or had the last one.
ACCOUNT_AREA = (
    "coalesce((SELECT g.area_code FROM role_grant g WHERE g.account_id = {0}.id"
    " ORDER BY upper_inf(g.during) DESC, g.id LIMIT 1), '')"
)
KEPT = {
    # Accounts by their numbers only: the journal keeps for ever, and a login that was forgotten must not come back from it.
    "account": Kept(
        ACCOUNT_AREA, hidden=("login", "password_hash", "password_changed_at", "totp_key"), ignored=("totp_counter",)
    ),
    "invitation": Kept(
        ACCOUNT_AREA.replace("{0}.id", "{0}.account_id"), "{0}.account_id::text", hidden=("token_hash",)
    ),
    "role_grant": Kept(label="concat_ws(' ', {0}.account_id, {0}.role)"),
    "area": Kept("{0}.code", "{0}.code", "code"),
    "area_version": Kept(label="{0}.name"),
    "building": Kept(label="coalesce(nullif({0}.name, ''), {0}.code)", ignored=("version",)),
    "road": Kept(label="{0}.name"),
    "water": Kept(label="{0}.name"),
    "green": Kept("''", "{0}.name"),
    "division_code": Kept("rpad(left({0}.code, 6), 12, '0')", "{0}.name", "code"),
    "ground_import": Kept(
        label="{0}.file_name", hashed=("inspection", "summary"), ignored=("key", "stage", "done", "total", "updated_at", "version")
    ),
    "plan": Kept(label="{0}.name", ignored=("key", "version", "changed_by")),
    "zone": Kept(label="coalesce(nullif({0}.name, ''), {0}.number::text)"),
    "zone_building": Kept(key="building_id", common=("plan_id", "zone_id")),
    "plan_exception": Kept(key="zone_id", label="{0}.kind"),
    # Every upgrade leaves a line.
    "alembic_version": Kept("''", "{0}.version_num", "version_num"),
}  # fmt: skip
NOT_KEPT = {
    "invitation_batch": "a key; the invitations and accounts that came with it are journalled",
    "recovery_code": "secrets; that a second factor was set or reset is in the account's line",
    "former_password": "secrets; that a password changed is in the account's line",
    "known_device": "comes and goes with sign-ins",
    "attempt": "counters that expire",
    "request_key": "what was answered, for a day; what was done is journalled",
    "browser_session": "comes and goes with every visit; what is done in it is journalled",
    "building_change": "itself a history; the change of the building is journalled",
    "plan_step": "itself a log, for taking steps back; what a step changes is journalled",
    "import_file": "staging: the import's states are journalled",
    "import_part": "staging: bytes of a file",
    "import_row": "staging: what becomes of it is journalled",
    "import_finding": "staging: what the check said",
    "import_former": "the way back of an import; what it changed is journalled",
    "revision": "a counter",
    "journal": "the journal itself",
    "journal_block": "the journal itself",
    "journal_head": "the journal itself",
    "journal_check": "what checks of the journal found",
}
COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, NULL), a.attgenerated <> '',
  coalesce(a.attnum = ANY ((SELECT i.indkey FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary)::int2[]), false)
FROM pg_attribute a WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
FUNCTION = """
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT {most_whole} + 1) AS few) <= {most_whole} THEN
      INSERT INTO journal (subject, action, area_code, rows, changes)
      SELECT '{table}', 'insert', area, count(*), jsonb_agg(entry ORDER BY key)
      FROM (SELECT {area_n} AS area, n.{key} AS key, jsonb_build_object('id', n.{key}, 'is', {label_n}, 'after', {whole_n}) AS entry
            FROM fresh n) AS one
      GROUP BY area ORDER BY area;
    ELSE
      INSERT INTO journal (subject, action, area_code, rows, changes)
      SELECT '{table}', 'insert', area, count(*), jsonb_build_object('first', min(key), 'last', max(key),
        'sha256', encode(sha256(convert_to(string_agg(words, E'\\n' ORDER BY key), 'UTF8')), 'hex'){common})
      FROM (SELECT {area_n} AS area, n.{key} AS key, concat_ws(E'\\x1f', {texts_n}) AS words{shared} FROM fresh n) AS one
      GROUP BY area{grouped} ORDER BY area;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO journal (subject, action, area_code, rows, changes)
    SELECT '{table}', 'update', area, count(*), jsonb_agg(entry ORDER BY key)
    FROM (
      SELECT area, key, entry, (row_number() OVER (PARTITION BY area ORDER BY key) - 1) / {rows_a_line} AS part
      FROM (
        SELECT coalesce(n.{key}, o.{key}) AS key, {area_o} AS area_before, {area_n} AS area_after,
          jsonb_build_object('id', coalesce(n.{key}, o.{key}), 'is', {label_n}, 'before', {whole_o} - s.same, 'after', {whole_n} - s.same)
            AS entry
        FROM former o FULL JOIN fresh n ON {same_row}
        CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{same_columns}], NULL) AS same) AS s
        WHERE cardinality(s.same) < {columns}
      ) AS one
      CROSS JOIN LATERAL unnest(CASE WHEN area_before = area_after THEN ARRAY[area_after]
                                     ELSE array_remove(ARRAY[area_before, area_after], NULL) END) AS area
    ) AS each_area
    GROUP BY area, part ORDER BY area, part;
  ELSE
    INSERT INTO journal (subject, action, area_code, rows, changes)
    SELECT '{table}', 'delete', area, count(*), jsonb_agg(entry ORDER BY key)
    FROM (SELECT {area_o} AS area, o.{key} AS key, jsonb_build_object('id', o.{key}, 'is', {label_o}, 'before', {whole_o}) AS entry,
            (row_number() OVER (PARTITION BY {area_o} ORDER BY o.{key}) - 1) / {rows_a_line} AS part
          FROM former o) AS one
    GROUP BY area, part ORDER BY area, part;
  END IF;
  RETURN NULL;
END"""
TRIGGERS = {
    "insert": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh",
    "update": "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS former NEW TABLE AS fresh",
    "delete": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS former",
}
# Those that are switched on, of a table and of the journal's own.
PRESENT = """
SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = to_regclass(:table) AND t.tgenabled = 'O' AND NOT t.tgisinternal AND t.tgname LIKE 'journal\\_%'
  AND p.proname IN (:function, 'journal_refuse', 'journal_complete', 'journal_bind')
"""
# A table's own three, and the one that refuses to empty it.
A_TABLE = len(TRIGGERS) + 1
OWN = {"journal": 3, "journal_block": 1, "journal_head": 1}


class Column(NamedTuple):
    """A column as the catalogue says."""

    name: str
    type: str
    generated: bool
    in_key: bool


def journal_all(connection: Connection) -> list[str]:
    """Give every kept table its triggers; what is as wanted already is left alone.

    Returns the tables whose triggers had been there before and were missing or switched off.
    """
    return [table for table in KEPT if journal_table(connection, table)]


def journal_table(connection: Connection, table: str) -> bool:
    """Make the function of one table from its columns, and the triggers that call it."""
    wanted = _wanted_body(connection, table)
    if wanted is None:
        return False
    function, present = f"journal_of_{table}", _present_body(connection, table)
    if present != wanted:
        schemas = connection.scalar(
            text(
                "SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') FROM pg_namespace n WHERE n.nspname = current_schema()"
                " OR n.oid = (SELECT extnamespace FROM pg_extension WHERE extname = 'postgis')"
            )
        )
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path = pg_catalog, {schemas}, pg_temp AS $body${wanted}$body$"
        )
    if _triggers(connection, table) == A_TABLE:
        return False
    for name, when in TRIGGERS.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER journal_{name} {when.format(table=table)}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    connection.exec_driver_sql(
        f"CREATE OR REPLACE TRIGGER journal_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
    )
    connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return present is not None


def rest_all(connection: Connection) -> None:
    """Take the triggers away while migrations reshape their tables; the line about the upgrade itself is still written."""
    for table in KEPT:
        if table != "alembic_version" and _wanted_body(connection, table) is not None:
            for name in TRIGGERS:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS journal_{name} ON {table}")


def unjournalled(connection: Connection) -> list[str]:
    """Kept tables whose triggers are missing, switched off, or made for other columns; and the journal without its own."""
    found = []
    for table in KEPT:
        wanted = _wanted_body(connection, table)
        is_right = _present_body(connection, table) == wanted and _triggers(connection, table) == A_TABLE
        if wanted is not None and not is_right:
            found.append(table)
    return found + [table for table, count in OWN.items() if _triggers(connection, table) != count]


def _wanted_body(connection: Connection, table: str) -> str | None:
    """None for a table that is not there."""
    columns = [Column(*row) for row in connection.execute(text(COLUMNS), {"table": table})]
    return function_body(table, KEPT[table], columns) if columns else None


def _present_body(connection: Connection, table: str) -> str | None:
    found = text("SELECT prosrc FROM pg_proc WHERE oid = to_regproc(:name)")
    body: str | None = connection.scalar(found, {"name": f"journal_of_{table}"})
    return body


def _triggers(connection: Connection, table: str) -> int:
    return int(connection.scalar(text(PRESENT), {"table": table, "function": f"journal_of_{table}"}) or 0)


def function_body(table: str, kept: Kept, columns: list[Column]) -> str:
    """What the trigger function of a table does."""
    own = [one for one in columns if not one.generated and one.name not in kept.ignored]
    md5s = {one.name for one in columns if one.generated and one.name.endswith("_md5")}
    return FUNCTION.format(
        table=table,
        key=kept.key,
        most_whole=KEPT_WHOLE,
        rows_a_line=ROWS_A_LINE,
        columns=len(own),
        area_n=kept.area.format("n"),
        area_o=kept.area.format("o"),
        label_n=kept.label.format("n"),
        label_o=kept.label.format("o"),
        whole_n=_whole(own, kept, md5s, "n"),
        whole_o=_whole(own, kept, md5s, "o"),
        texts_n=", ".join(f"coalesce(({_value(one, kept, md5s, 'n', short=True)})::text, '')" for one in own),
        common="".join(f", '{name}', {name}" for name in kept.common),
        shared="".join(f", n.{name}" for name in kept.common),
        grouped="".join(f", {name}" for name in kept.common),
        same_row=" AND ".join(f"n.{one.name} = o.{one.name}" for one in columns if one.in_key),
        same_columns=", ".join(
            f"CASE WHEN o.{one.name} IS NOT DISTINCT FROM n.{one.name} THEN '{one.name}' END" for one in own
        ),
    )


def _whole(own: list[Column], kept: Kept, md5s: set[str], row: str) -> str:
    pairs = (f"'{one.name}', {_value(one, kept, md5s, row)}" for one in own)
    return f"jsonb_build_object({', '.join(pairs)})"


def _value(column: Column, kept: Kept, md5s: set[str], row: str, *, short: bool = False) -> str:
    """A column as it is kept: geometry as its hash and box, what is secret as a sign."""
    place = f"{row}.{column.name}"
    if column.name in kept.hidden:
        return f"CASE WHEN {place} IS NOT NULL THEN '…' END"
    if column.name in kept.hashed:
        return f"md5({place}::text)"
    if column.type != "geometry":
        return place
    md5 = f"{place}_md5" if f"{column.name}_md5" in md5s else f"md5(ST_AsBinary({place}))"
    if short:
        return md5
    corners = ", ".join(
        f"round(ST_{corner}({place})::numeric, 6)" for corner in ("XMin", "YMin", "XMax", "YMax")
    )
    return f"CASE WHEN {place} IS NOT NULL THEN jsonb_build_object('md5', {md5}, 'box', ARRAY[{corners}]) END"
