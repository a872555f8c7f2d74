"""Whether this process has been told to end, and so what takes long has to. Told by gunicorn.conf.py."""

import threading
import time
from collections.abc import Callable

# Of the time that gunicorn leaves its workers: answers may finish in it, the rest is for storing those that did not.
SHARE_FOR_ANSWERS = 0.6
SHARE_UNTIL_LAST_WORD = 0.8


class Stopping:
    """`watch` says how to tell; before that, and in processes that nobody watches, it is never told."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: Callable[[], bool] = lambda: False
        self._graceful_seconds = 0.0
        self._since: float | None = None
        self._lock = threading.Lock()

    def watch(self, told: Callable[[], bool], graceful_seconds: float) -> None:
        """`told` says whether the process was told to end; what is left of it is killed so many seconds later."""
        self._told, self._graceful_seconds, self._since = told, graceful_seconds, None

    def answers_must_end(self) -> bool:
        """Whether answers under way have had their time."""
        return self._for_seconds() > SHARE_FOR_ANSWERS * self._graceful_seconds

    def is_overdue(self) -> bool:
        """Whether whoever has said nothing by now can only say goodbye."""
        return self._for_seconds() > SHARE_UNTIL_LAST_WORD * self._graceful_seconds

    def _for_seconds(self) -> float:
        """Since it was told, as far as anybody looked; below zero before."""
        if not self._told():
            return -1.0
        with self._lock:
            if self._since is None:
                self._since = self._clock()
            return self._clock() - self._since


this_process = Stopping()
