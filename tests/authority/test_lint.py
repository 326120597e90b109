"""The lint of the catalogue: clean as we make it, and each rule finds what it is there for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from app.cluster import Facts
from app.db import driver_url
from app.errors import Unavailable
from app.migrations.lint import RULES, refuse_unguarded, unguarded
from app.migrations.rights import FILLED_BY_COPY, OPEN_TABLES, PUBLIC_VIEWS
from tests.conftest import copy_database, database_name

DEFINER = "CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER {} AS 'SELECT count(*) FROM building'"
DEFECTS = {
    "no_row_security": ["ALTER TABLE import_row DISABLE ROW LEVEL SECURITY"],
    "not_for_the_owner": ["ALTER TABLE zone NO FORCE ROW LEVEL SECURITY"],
    "command_without_policy": ["DROP POLICY plan_see ON plan", "DROP POLICY zone_remove ON zone"],
    "policy_asks_for_no_scope": [
        "ALTER POLICY plan_see ON plan USING (true)",
        "ALTER POLICY building_change ON building WITH CHECK (true)",
        "ALTER POLICY import_row_add ON import_row WITH CHECK (import_id > 0)",
        "CREATE POLICY more ON zone FOR ALL USING (number > 0)",
        "ALTER POLICY road_change ON road USING (true) WITH CHECK (true)",
    ],
    "owned_by_a_web_role": [
        "ALTER TABLE plan OWNER TO wardmap_web", "GRANT wardmap TO wardmap_web", "ALTER VIEW open_area OWNER TO wardmap_public",
    ],
    "view_with_its_owners_rights": [
        "CREATE VIEW leak AS SELECT * FROM building",
        "CREATE VIEW leak WITH (security_invoker = false) AS SELECT * FROM building",
        "CREATE MATERIALIZED VIEW leak AS SELECT * FROM building",
    ],
    "public_view_differs": [
        "ALTER VIEW open_area RESET (security_barrier)",
        "CREATE OR REPLACE VIEW open_area WITH (security_barrier) AS"
        " SELECT a.code, a.level, a.parent_code, v.name, ST_SimplifyPreserveTopology(v.boundary, 0) AS outline, v.import_id"
        " FROM area a JOIN area_version v ON true",
        "DROP VIEW open_area",
    ],
    "definer_without_search_path": [DEFINER.format(""), DEFINER.format("SET search_path = public")],
    "definer_for_everybody": [DEFINER.format("SET search_path = public, pg_temp")],
    "leakproof_without_reason": ["ALTER FUNCTION st_intersects(geometry, geometry) LEAKPROOF"],
    "given_to_everybody": ["GRANT SELECT ON plan TO PUBLIC", "GRANT UPDATE (name) ON area_version TO PUBLIC"],
    "given_to_whatever_comes": [
        "ALTER DEFAULT PRIVILEGES FOR ROLE wardmap GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE wardmap IN SCHEMA public GRANT SELECT ON TABLES TO wardmap_public",
    ],
    "public_role_reads_more": [
        "GRANT SELECT ON building TO wardmap_public", "GRANT SELECT (id) ON account TO wardmap_public",
        "GRANT INSERT ON open_area TO wardmap_public", "GRANT USAGE ON SEQUENCE plan_id_seq TO wardmap_public",
    ],
    "public_role_lacks": ["REVOKE SELECT ON open_area FROM wardmap_public"],
    "web_role_changes_shape": [
        "GRANT TRUNCATE ON building TO wardmap_web", "GRANT TRIGGER ON plan TO wardmap_web",
        "GRANT UPDATE ON alembic_version TO wardmap_web", "GRANT INSERT ON open_area TO wardmap_web",
    ],
}  # fmt: skip
POWERS = (
    "ALTER ROLE {} SUPERUSER", "ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} CREATEROLE", "ALTER ROLE {} CREATEDB",
    "GRANT pg_read_all_data TO {}", "GRANT CREATE ON SCHEMA public TO {}", "GRANT CREATE ON DATABASE {database} TO {}",
)  # fmt: skip


@pytest.fixture(scope="module")
def superuser(cluster: Facts) -> Iterator[Connection]:
    name = database_name(copy_database(cluster, cluster.database))
    word = f"{cluster.superuser}:{cluster.superuser_password}"
    engine = create_engine(
        driver_url(f"postgresql://{word}@/{name}?host={cluster.socket_folder}&port={cluster.port}")
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def catalogue(superuser: Connection) -> Iterator[Connection]:
    yield superuser
    superuser.rollback()


def test_nothing_is_left_unguarded(catalogue: Connection) -> None:
    assert unguarded(catalogue) == []
    refuse_unguarded(catalogue)
    assert set(FILLED_BY_COPY).isdisjoint(OPEN_TABLES)


def test_every_rule_has_a_planted_defect() -> None:
    assert set(DEFECTS) == set(RULES)


@pytest.mark.parametrize(("rule", "defect"), [(rule, one) for rule, ones in DEFECTS.items() for one in ones])
def test_each_rule_finds_its_defect(catalogue: Connection, rule: str, defect: str) -> None:
    catalogue.execute(text(defect))
    assert rule in {finding.rule for finding in unguarded(catalogue)}
    with pytest.raises(Unavailable):
        refuse_unguarded(catalogue)


@pytest.mark.parametrize("role", ["wardmap_web", "wardmap_public"])
@pytest.mark.parametrize("power", POWERS)
def test_a_role_that_could_do_more_is_refused(catalogue: Connection, power: str, role: str) -> None:
    database = catalogue.scalar(text("SELECT current_database()"))
    catalogue.execute(text(power.format(role, database=database)))
    with pytest.raises(Unavailable, match=role) as refused:
        refuse_unguarded(catalogue)
    assert refused.value.code == "web_role_powerful"


def test_a_partition_is_guarded_like_its_table(catalogue: Connection) -> None:
    catalogue.execute(text("CREATE TABLE plan_of_old () INHERITS (plan)"))
    assert {str(finding) for finding in unguarded(catalogue)} >= {"plan_of_old (no_row_security)"}


def test_tables_of_the_operators_own_are_the_operators_business(catalogue: Connection) -> None:
    catalogue.execute(text("CREATE TABLE cadastre (x int)"))
    catalogue.execute(text("GRANT ALL ON cadastre TO PUBLIC"))
    assert unguarded(catalogue) == []


def test_public_views_are_written_down_column_by_column(catalogue: Connection) -> None:
    for view, columns in PUBLIC_VIEWS.items():
        found = catalogue.scalars(
            text("SELECT attname::text FROM pg_attribute WHERE attrelid = CAST(:view AS regclass) AND attnum > 0 ORDER BY attnum"),
            {"view": view},
        )  # fmt: skip
        assert tuple(found) == columns
