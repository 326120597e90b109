"""The statement behind a building tile, as the program sends it, with its values written in."""

from datetime import date
from typing import Any

from psycopg import ClientCursor
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.ground.queries.tiles import TileAddress, building_tile


def tile_statement(engine: Engine, tile: TileAddress) -> str:
    """Ask for a tile once and note the statement that cut it."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        if "ST_AsMVT" in statement:
            seen.append(ClientCursor(cursor.connection).mogrify(statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with Session(engine) as session:
            session.execute(text("SET wardmap.scope = '{%}'"))
            building_tile(session, tile, "kind", date.today())  # noqa: DTZ011 - any day the town is there
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return " ".join(seen[0].split())
