"""A planner without a browser: begins plans for others to measure."""

import re
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
import psycopg

from app.cluster import Facts
from scripts.benches.server import Answer, Server, ask


@dataclass(frozen=True)
class Planner:
    """Makes plans over HTTP, as the pages do."""

    server: Server
    token: str

    @classmethod
    def signed_in(cls, server: Server) -> "Planner":
        """The one that the server's cookie belongs to."""
        token = re.search(rb'name="csrf-token" content="([^"]+)"', server.get("/plans").body)
        if token is None:
            raise RuntimeError("the list of plans carries no form token")
        return cls(server, token[1].decode())

    def new_plan(self, code: str) -> str:
        """The path of a draft with one empty zone."""
        asked_for = {
            "csrf_token": self.token,
            "key": uuid.uuid4(),
            "community": code,
            "name": uuid.uuid4().hex[:8],
        }
        made = self._post("/plans", urlencode(asked_for))
        path = made.headers["location"].replace(self.server.url, "")
        version = orjson.loads(self.server.get(f"{path}/state.json").body)["version"]
        asked = {"name": "", "seen_version": version, "key": uuid.uuid4().hex}
        self._post(f"{path}/zones", orjson.dumps(asked).decode(), "application/json")
        return path

    def _post(self, path: str, body: str, kind: str = "application/x-www-form-urlencoded") -> Answer:
        headers = {
            "Cookie": self.server.cookie,
            "X-CSRFToken": self.token,
            "Content-Type": kind,
            "Accept": "application/json",
        }
        answer = ask(self.server.port, "POST", path, headers, body)
        if answer.status >= 400:
            raise RuntimeError(f"{path} was answered with {answer.status}: {answer.body[:200]!r}")
        return answer


def largest_community(facts: Facts) -> str:
    """The code of the community with the most buildings."""
    with psycopg.connect(facts.superuser_conninfo) as connection:
        row = connection.execute(
            "SELECT area_code FROM building GROUP BY area_code ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    if row is None:
        raise RuntimeError("the town is empty")
    return str(row[0])
