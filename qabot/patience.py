"""Change tables without making anybody wait: give up on a lock soon, and try again a little later.

A migration that waits for a table's lock makes every later query on that table wait behind it. Knows no migrations.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"  # SQLSTATEs after which trying again makes sense
PAUSES = (1, 2, 4, 8, 15)  # seconds between tries

log = logging.getLogger(__name__)


@contextmanager
def lock_timeout(database: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """Every statement inside a transaction waits so long for a lock, then fails.

    By SET LOCAL, which a pooler in transaction mode does not hand on to others. Outside a transaction nothing is
    limited: what is built CONCURRENTLY blocks nobody, and must not be left half done.
    """

    def execute_patiently(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if database.in_atomic_block:
            execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}", None, False, context)
        return execute(sql, params, many, context)

    with database.execute_wrapper(execute_patiently):
        yield


def again_while_locked(change: Callable[[], object], pauses: tuple[float, ...] = PAUSES) -> None:
    """Make a change that can be made again; raises OperationalError if its locks are still held at the last try."""
    for pause in pauses:
        try:
            change()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in (LOCK_NOT_AVAILABLE, DEADLOCK):
                raise
            log.warning("a table is locked: trying again", extra={"seconds": pause})
            time.sleep(pause)
        else:
            return
    change()
