"""The steps as background jobs; each may be run again after its worker died."""

from app import db
from app.config import read_settings
from app.ground.boundary_import.receive import forget_old_files
from app.ground.boundary_import.run import run_check, run_inspect, run_publish, run_undo
from app.jobs import every, task


@task("ground.inspect")
def inspect_job(import_id: int) -> None:
    run_inspect(import_id, read_settings())


@task("ground.check")
def check_job(import_id: int) -> None:
    run_check(import_id, read_settings())


@task("ground.publish")
def publish_job(import_id: int) -> None:
    run_publish(import_id, read_settings())


@task("ground.undo")
def undo_job(import_id: int) -> None:
    run_undo(import_id, read_settings())


@every("17 3 * * *", "ground.forget")
def forget_job() -> None:
    with db.transaction() as session:
        forget_old_files(session)
