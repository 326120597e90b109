"""The steps as background jobs; each may be run again after its worker died."""

from collections.abc import Callable

from sqlalchemy import select

from app import db
from app.config import Settings, read_settings
from app.ground.boundary_import.run import give_up, run_check, run_inspect, run_publish
from app.ground.models import GroundImport
from app.jobs import task


def within_its_area(step: Callable[[int, Settings], object], import_id: int, by: int | None) -> None:
    """Run a step with no more reach than whoever brought the file in, and in the name of who asked for it."""
    with db.acting_in(db.EVERYWHERE), db.reading() as session:
        code = session.scalar(select(GroundImport.area_code).where(GroundImport.id == import_id))
    if code is not None:
        actor = db.Actor(by, "worker", f"import-{import_id}")
        with db.acting_in(db.scope_of([code])), db.acting_as(actor):
            step(import_id, read_settings())


def given_up(running: str) -> Callable[..., None]:
    def give_up_on(import_id: int, by: int | None = None) -> None:
        within_its_area(lambda one, _: give_up(one, running), import_id, by)

    return give_up_on


@task("ground.inspect", give_up=given_up("inspecting"))
def inspect_job(import_id: int, by: int | None = None) -> None:
    within_its_area(run_inspect, import_id, by)


@task("ground.check", give_up=given_up("checking"))
def check_job(import_id: int, by: int | None = None) -> None:
    within_its_area(run_check, import_id, by)


@task("ground.publish", give_up=given_up("publishing"))
def publish_job(import_id: int, by: int | None = None) -> None:
    within_its_area(run_publish, import_id, by)
