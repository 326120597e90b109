"""A database from before the columns: who changed a draft last is taken over from its steps."""

from alembic import command
from sqlalchemy import create_engine, text

from app.db import driver_url
from app.migrations import alembic_config
from tests.conftest import copy_database

BEFORE, AFTER = "20261125_1", "20261125_2"
FILLED = """
INSERT INTO account (login, password_hash, role) VALUES ('ling', '', 'planner'), ('wei', '', 'planner');
INSERT INTO area (code, level, parent_code) VALUES ('329901000000', 'district', NULL), ('329901001000', 'street', '329901000000'),
  ('329901001001', 'community', '329901001000');
INSERT INTO plan (area_code, name) VALUES ('329901001001', '试划'), ('329901001001', '没有动过');
INSERT INTO plan_step (plan_id, key, kind, before, answer, made_by, made_at)
  SELECT p.id, a.login, 'add', '{}', '{}', a.id, now() + a.id * interval '1 minute'
  FROM plan p, account a WHERE p.name = '试划';
"""


def test_who_changed_a_draft_last_is_taken_over_from_its_steps(cluster) -> None:
    engine = create_engine(driver_url(copy_database(cluster, cluster.database)))
    try:
        with engine.connect() as connection:
            command.downgrade(alembic_config(connection), BEFORE)
            for statement in filter(str.strip, FILLED.split(";")):
                connection.execute(text(statement))
            connection.commit()
            command.upgrade(alembic_config(connection), AFTER)
            rows = connection.execute(
                text(
                    "SELECT p.name, a.login FROM plan p LEFT JOIN account a ON a.id = p.changed_by ORDER BY p.id"
                )
            ).all()
        assert [tuple(row) for row in rows] == [("试划", "wei"), ("没有动过", None)]
    finally:
        engine.dispose()
