"""Background jobs on the database's own queue: a job is added in the transaction that needs it."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import procrastinate
from procrastinate.jobs import Status
from sqlalchemy import text
from sqlalchemy.orm import Session

STALLED_AFTER_S = 20
# A job that brings its worker down must not do so for ever.
MOST_REVIVALS = 3
# While the database restarts or its disk is full: ten tries in about nine minutes.
PATIENCE = procrastinate.RetryStrategy(max_attempts=10, linear_wait=12)
NAMESPACE = "wardmap"
_blueprint = procrastinate.Blueprint()
_last_words: dict[str, Callable[..., None]] = {}


def task(
    name: str, give_up: Callable[..., None] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a job. It must be safe to run again after it was cut off half-way.

    `give_up` gets the same arguments when the workers that tried died over it.
    """

    def register(work: Callable[..., None]) -> Callable[..., None]:
        _blueprint.task(name=name, retry=PATIENCE)(work)
        if give_up:
            _last_words[f"{NAMESPACE}:{name}"] = give_up
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
            if job.attempts < MOST_REVIVALS:
                await app.job_manager.retry_job(job)
                continue
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            if last_words := _last_words.get(job.task_name):
                await asyncio.to_thread(last_words, **job.task_kwargs)

    app.add_tasks_from(_blueprint, namespace=NAMESPACE)
    return app
