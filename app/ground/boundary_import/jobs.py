"""The steps as background jobs; each may be run again after its worker died."""

from app import db
from app.config import read_settings
from app.ground.boundary_import.receive import forget_old_files
from app.ground.boundary_import.run import give_up, run_check, run_inspect, run_publish
from app.jobs import every, task


@task("ground.inspect", give_up=lambda import_id: give_up(import_id, "inspecting"))
def inspect_job(import_id: int) -> None:
    run_inspect(import_id, read_settings())


@task("ground.check", give_up=lambda import_id: give_up(import_id, "checking"))
def check_job(import_id: int) -> None:
    run_check(import_id, read_settings())


@task("ground.publish", give_up=lambda import_id: give_up(import_id, "publishing"))
def publish_job(import_id: int) -> None:
    run_publish(import_id, read_settings())


@every("17 3 * * *", "ground.forget")
def forget_job() -> None:
    with db.transaction() as session:
        forget_old_files(session)
