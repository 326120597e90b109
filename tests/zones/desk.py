"""The workbench's script, without a browser."""

from typing import Any

from tests.zones.town import Town, fresh_key

JSON = {"Accept": "application/json"}


class Desk:
    """What the workbench's script does."""

    def __init__(self, visitor: Any, town: Town) -> None:
        self.visitor, self.path = visitor, f"/plans/{town.plan.id}"

    def state(self) -> dict[str, Any]:
        return self.visitor.get(f"{self.path}/state.json", headers=JSON).get_json()

    def ask(self, path: str, method: str = "POST", **body: Any) -> Any:
        body = {"seen_version": self.state()["version"], "key": fresh_key(), **body}
        return self.visitor.send(method, f"{self.path}{path}", json=body, headers=JSON)

    def zone(self, **body: Any) -> int:
        return self.ask("/zones", **body).get_json()["answer"]["zone"]["id"]
