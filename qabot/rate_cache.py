"""A cache of counters in Postgres, for django-ratelimit: one atomic upsert a count, shared by all processes and dynos.

Keeps counters and nothing else: they start, grow and expire. What is counted, and how much is too much, it does not
know. Expiry goes by the database's clock. The one place that holds the counters' SQL.
"""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.models.functions import Now

from qabot.models import RateCounter

TABLE = RateCounter._meta.db_table
SWEPT_AT_ONCE = 20  # more than one, so that what expired shrinks whenever something new is counted

ALIVE = "counter.expires_at > statement_timestamp()"

COUNT = f"""
    INSERT INTO {TABLE} AS counter (key, count, expires_at)
    VALUES (%(key)s, %(delta)s, statement_timestamp() + %(seconds)s * interval '1 second')
    ON CONFLICT (key) DO UPDATE SET
        count = excluded.count + CASE WHEN {ALIVE} THEN counter.count ELSE 0 END,
        expires_at = CASE WHEN {ALIVE} THEN counter.expires_at ELSE excluded.expires_at END
    RETURNING count
"""  # noqa: S608 - the table's name is ours
SWEEP = f"""
    DELETE FROM {TABLE} WHERE key IN (
        SELECT key FROM {TABLE} AS counter WHERE NOT {ALIVE}
        ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 - the table's name is ours


class RateCache(BaseCache):
    """What django-ratelimit calls: `add`, then `incr` or `get`. A counter lives as long as the cache's TIMEOUT."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Leave it to `incr`, which starts the counters it does not find: one statement a count instead of two."""
        return False

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count, starting at `delta` where there is no counter or an expired one. Whoever starts one sweeps a few."""
        row, seconds = self._row(key, version), self.default_timeout
        values: dict[str, str | float | None] = {"key": row, "delta": delta, "seconds": seconds}
        with connection.cursor() as cursor:
            cursor.execute(COUNT, values)
            count: int = cursor.fetchone()[0]
            if count == delta:
                cursor.execute(SWEEP, [SWEPT_AT_ONCE])
        return count

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        alive = RateCounter.objects.filter(key=self._row(key, version), expires_at__gt=Now())
        count = alive.values_list("count", flat=True).first()
        return default if count is None else count

    def _row(self, key: str, version: int | None) -> str:
        made: str = self.make_and_validate_key(key, version=version)
        return made
