"""The statement behind a building tile, as the program sends it, with its values written in; and without any scope."""

import re
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

from psycopg import ClientCursor
from sqlalchemy import Engine

from app import db
from app.ground.queries.tiles import TileAddress, building_tile

# What `db.in_scope` and `db.in_sight` write.
SCOPE = re.compile(
    r"coalesce\(\S+ LIKE ANY \(\(SELECT scope_patterns\(\)\)::text\[\]\), false\)"
    r"|\S+ = ANY \(\(SELECT scope_ancestors\(\)\)::text\[\]\)"
)


def for_everybody(statement: str) -> str:
    """The same question about everybody's rows: what it would cost if nobody had to be kept apart."""
    return SCOPE.sub("true", statement)


class Noting:
    """A connection that notes the statement with which a tile was cut."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.statement = ""

    def pipeline(self) -> AbstractContextManager[None]:
        return nullcontext()

    def execute(self, statement: str, values: Any = None, *, binary: bool = False) -> Any:
        if "ST_AsMVT" in statement:
            self.statement = ClientCursor(self.driver).mogrify(statement, values)
        return self.driver.execute(statement, values, binary=binary)


def tile_statement(engine: Engine, tile: TileAddress) -> str:
    """Ask for a tile once and note the statement that cut it."""
    with engine.connect() as connection, db.acting_in(db.EVERYWHERE):
        noting: Any = Noting(connection.connection.driver_connection)
        building_tile(noting, tile, "kind", date.today())  # noqa: DTZ011 - any day the town is there
    return " ".join(noting.statement.split())
