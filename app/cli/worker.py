"""The job worker."""

import logging

import click

from app import db, jobs
from app.accounts.actions import forget_expired_sessions
from app.cli.settings import connected
from app.ground.boundary_import.folders import remove_abandoned
from app.jobs import every

# So many that slow files of one account leave room for the others.
JOBS_AT_ONCE = 4


def forget_sessions() -> None:
    """Hourly: browser sessions that have run out, of people who only looked at the sign-in page too."""
    with db.transaction() as session:
        forget_expired_sessions(session)


@click.command()
@click.option("--until-empty", is_flag=True, help="做完队列里的任务就结束。")
def worker(until_empty: bool) -> None:
    """运行后台任务：检查和写入导入的文件。可以在多台机器上同时运行多个。"""
    import app.audit.checking
    import app.ground.boundary_import.jobs  # noqa: F401  they register the jobs

    every("41 * * * *", "accounts.forget")(forget_sessions)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
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
