"""The job worker."""

import logging

import click

from app import db, jobs
from app.cli.retention import forget_outlived
from app.cli.settings import connected
from app.config import read_settings
from app.ground.boundary_import.folders import remove_abandoned
from app.jobs import every
from app.privacy import logs

# So many that slow files of one account leave room for the others.
JOBS_AT_ONCE = 4


def forget() -> None:
    """Hourly: whatever has outlived its purpose, the sessions of people who only looked at the sign-in page too."""
    with db.acting_in(db.EVERYWHERE):
        forget_outlived(read_settings())


@click.command()
@click.option("--until-empty", is_flag=True, help="做完队列里的任务就结束。")
def worker(until_empty: bool) -> None:
    """运行后台任务：检查和写入导入的文件。可以在多台机器上同时运行多个。"""
    import app.audit.checking
    import app.ground.boundary_import.jobs  # noqa: F401  they register the jobs

    every("41 * * * *", "retention.forget")(forget)
    logs.install(logging.INFO)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with connected(pool_size=2 * JOBS_AT_ONCE, source="worker") as settings:
        remove_abandoned(settings.home)
        queue = jobs.worker_app(settings.database_url)
        with queue.open():
            queue.run_worker(
                wait=not until_empty,
                concurrency=JOBS_AT_ONCE,
                fetch_job_polling_interval=2,
                shutdown_graceful_timeout=10,
            )
