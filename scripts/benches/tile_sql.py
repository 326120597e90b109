"""The statement behind a building tile, as the program sends it, with its values written in."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

from psycopg import ClientCursor
from sqlalchemy import Engine

from app import db
from app.ground.queries.tiles import TileAddress, building_tile


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
