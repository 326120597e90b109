"""Tries are counted before they are made, in one statement each, so that many at once are not more than the limit."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rules.throttle import FORGET_S, Counter

# clock_timestamp(): whoever waited for the row must see the time after the wait.
COUNT = """
WITH tried AS (
  INSERT INTO attempt AS a (key, count, last_at, free_at)
  VALUES (:key, 1, clock_timestamp(), clock_timestamp())
  ON CONFLICT (key) DO UPDATE SET (count, last_at, free_at) = (
    SELECT n, clock_timestamp(), clock_timestamp() + make_interval(secs =>
      CASE WHEN n < :free THEN 0 ELSE least(:longest, :first * power(2, least(n - :free, 30))) END)
    FROM (SELECT CASE WHEN a.last_at < clock_timestamp() - make_interval(secs => :forget) THEN 1 ELSE a.count + 1 END AS n) AS next)
  WHERE a.free_at <= clock_timestamp()
  RETURNING 1)
SELECT CASE WHEN EXISTS (SELECT FROM tried) THEN 0
       ELSE coalesce((SELECT greatest(1, ceil(extract(epoch FROM free_at - clock_timestamp()))) FROM attempt WHERE key = :key), 1) END
"""
# In the order in which they are counted: two people of one network never wait for each other crosswise.
GIVE_BACK = """
UPDATE attempt SET count = greatest(count - 1, 0), free_at = clock_timestamp()
FROM (SELECT key FROM attempt WHERE key = ANY(:keys) ORDER BY array_position(:keys, key) FOR UPDATE) AS counted
WHERE attempt.key = counted.key
"""
# Whoever clears away at the same time takes others.
FORGET = """
DELETE FROM attempt WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM attempt WHERE last_at < clock_timestamp() - make_interval(secs => :forget) FOR UPDATE SKIP LOCKED)) RETURNING 1
"""


def wait_before(session: Session, counters: Sequence[Counter]) -> int:
    """Count one try, or say how long to wait for it.

    Parameters
    ----------
    session : Session
        A transaction that ends before the try begins: it must be counted even if the try never ends.
    counters : sequence of Counter
        All of them have to be free; those after the first that is not are left alone.

    Returns
    -------
    int
        Seconds; 0 when the try is counted and may be made.
    """
    for counter in counters:
        limit = counter.limit
        wait_s = session.scalar(
            text(COUNT),
            {
                "key": counter.key, "free": limit.free, "first": limit.first_wait_s,
                "longest": limit.longest_wait_s, "forget": FORGET_S,
            },
        )  # fmt: skip
        if wait_s:
            return int(wait_s)
    return 0


def give_back(session: Session, counters: Sequence[Counter]) -> None:
    """A try that was right counts for nothing.

    Parameters
    ----------
    session : Session
        An open transaction.
    counters : sequence of Counter
        As counted before.
    """
    session.execute(text(GIVE_BACK), {"keys": [counter.key for counter in counters]})


def forget_attempts(session: Session) -> int:
    """Delete counters that have been quiet for long.

    Parameters
    ----------
    session : Session
        An open transaction.

    Returns
    -------
    int
        How many there were.
    """
    return len(session.execute(text(FORGET), {"forget": FORGET_S}).all())
