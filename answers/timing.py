"""Measure how long each stage takes. Knows nothing of what the stages do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Milliseconds by stage, in the order the stages ended."""

    def __init__(self) -> None:
        self.timings_ms: dict[str, float] = {}
        self._started = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.timings_ms[name] = round((time.monotonic() - began) * 1000, 1)

    def total(self) -> dict[str, float]:
        """The stages, and the time since the stopwatch was made as "total"."""
        return {**self.timings_ms, "total": round((time.monotonic() - self._started) * 1000, 1)}
