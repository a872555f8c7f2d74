"""Show how far long work is: a bar with the time left on a terminal, a line now and then elsewhere."""

import time
from typing import Self, TextIO

BAR_WIDTH = 30  # characters
LINE_SECONDS = 30.0  # between two lines where there is no terminal


class Progress:
    """What is being done, and how much of it. `show` may be called as often as one likes, until the `with` ends."""

    def __init__(self, stream: TextIO, label: str, total: float) -> None:
        self.stream, self.label, self.total = stream, label, total
        self._started = self._shown = time.monotonic()
        self._first: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Leave the line to what comes next, also where the work was broken off."""
        if self.stream.isatty():
            self.stream.write("\r\033[K")

    def show(self, done: float) -> None:
        now = time.monotonic()
        self._first = done if self._first is None else self._first  # what stood there before says nothing of the speed
        if self.stream.isatty():
            share = min(done / self.total, 1.0) if self.total else 1.0
            filled = int(BAR_WIDTH * share)
            self.stream.write(f"\r[{'█' * filled}{'·' * (BAR_WIDTH - filled)}] {self._words(done, now)}\033[K")
            self.stream.flush()
        elif now - self._shown >= LINE_SECONDS:
            self._shown = now
            self.stream.write(f"{self._words(done, now)}\n")

    def _words(self, done: float, now: float) -> str:
        words = f"{self.label}: {done:,.0f} of {self.total:,.0f}"
        achieved = done - (self._first or 0.0)
        if achieved <= 0 or done >= self.total:
            return words
        return f"{words}, {_duration((now - self._started) * (self.total - done) / achieved)} left"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
