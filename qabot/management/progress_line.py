"""Say what long work is at: one line that changes on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Self, TextIO

LINE_SECONDS = 30.0  # between two lines where there is no terminal


class ProgressLine:
    """`show` may be called as often as one likes, until the `with` ends."""

    def __init__(self, stream: TextIO, *, silent: bool = False) -> None:
        self.stream, self.silent = stream, silent
        self._shown = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the line to what comes next, also where the work was broken off."""
        if self.stream.isatty() and not self.silent:
            self.stream.write("\r\033[K")
            self.stream.flush()

    def show(self, words: str) -> None:
        now = time.monotonic()
        if self.silent:
            return
        if self.stream.isatty():
            self.stream.write(f"\r{words}\033[K")
            self.stream.flush()
        elif now - self._shown >= LINE_SECONDS:
            self._shown = now
            self.stream.write(f"{words}\n")
