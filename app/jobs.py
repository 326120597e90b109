"""Background jobs on the database's own queue: a job is added in the transaction that needs it."""

from collections.abc import Callable
from typing import Any

import orjson
import procrastinate
from sqlalchemy import text
from sqlalchemy.orm import Session

STALLED_AFTER_S = 20
NAMESPACE = "wardmap"
_blueprint = procrastinate.Blueprint()


def task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a job. It must be safe to run again after it was cut off half-way."""

    def register(work: Callable[..., None]) -> Callable[..., None]:
        # Three tries: a job that brings its worker down must not do so for ever.
        _blueprint.task(name=name, retry=procrastinate.RetryStrategy(max_attempts=3, wait=2))(work)
        return work

    return register


def every(cron: str, name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function as a job that the workers run by the clock, once however many they are."""

    def register(work: Callable[[], None]) -> Callable[[], None]:
        def run(timestamp: int) -> None:
            work()

        _blueprint.periodic(cron=cron)(_blueprint.task(name=name, queueing_lock=name)(run))
        return work

    return register


def defer(session: Session, name: str, *, lock: str, **arguments: Any) -> None:
    """Queue a job in this transaction: no job without the change that needs it, and no change without its job.

    Jobs of one `lock` run one after another.
    """
    session.execute(
        text(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', :name, 0, :lock, NULL,"
            " CAST(:arguments AS jsonb), NULL)::procrastinate_job_to_defer_v1])"
        ),
        {"name": f"{NAMESPACE}:{name}", "lock": lock, "arguments": orjson.dumps(arguments).decode()},
    )


def worker_app(url: str) -> procrastinate.App:
    """The queue's application for a worker process, with every registered job and the one that revives stalled jobs."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=url.replace("+psycopg", "", 1), min_size=1, max_size=4
        )
    )

    @app.periodic(cron="* * * * * */10")
    @app.task(name="revive_stalled_jobs", queueing_lock="revive_stalled_jobs", pass_context=True)
    async def revive(context: procrastinate.JobContext, timestamp: int) -> None:
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S)
        for job in stalled:
            await app.job_manager.retry_job(job)

    app.add_tasks_from(_blueprint, namespace=NAMESPACE)
    return app
