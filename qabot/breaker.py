"""A breaker: after repeated failures a server is left alone for a while, then tried by one call.

Pure: knows no network, no log and no clock but the one it is given. Threads share it.
"""

import threading
import time
from collections.abc import Callable
from enum import StrEnum

FAILURES = 3  # in a row: one may be chance, and each keeps a reader waiting
OPEN_SECONDS = 30.0
LONGEST_OPEN_SECONDS = 60.0  # whatever the server asks for


class State(StrEnum):
    CLOSED = "closed"  # calls go through
    OPEN = "open"  # none does
    PROBING = "probing"  # one does, to find out


def _nobody_hears(state: State) -> None:
    """Of a breaker whose changes nobody wants to know."""


class Breaker:
    """`begin` a Call before each call, and tell the Call how it went.

    `on_change` hears of every new state, inside the lock: it must not call the breaker.
    """

    def __init__(
        self, on_change: Callable[[State], None] = _nobody_hears, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.state = State.CLOSED
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def begin(self) -> "Call | None":
        """A call that may be made, or None."""
        with self._lock:
            if self.state == State.CLOSED:
                return Call(self, probe=False)
            if self.state == State.OPEN and self._clock() >= self._open_until:
                self._become(State.PROBING)
                return Call(self, probe=True)
            return None

    def note_success(self, probe: bool) -> None:
        with self._lock:
            if probe and self.state == State.PROBING:
                self._become(State.CLOSED)
            if self.state == State.CLOSED:
                self._failures = 0

    def note_failure(self, probe: bool, wait_seconds: float) -> None:
        with self._lock:
            # What began before it opened says nothing new.
            if self.state != (State.PROBING if probe else State.CLOSED):
                return
            self._failures += 1
            if probe or wait_seconds > 0 or self._failures >= FAILURES:
                seconds = min(wait_seconds, LONGEST_OPEN_SECONDS) if wait_seconds > 0 else OPEN_SECONDS
                self._failures, self._open_until = 0, self._clock() + seconds
                self._become(State.OPEN)

    def note_nothing(self, probe: bool) -> None:
        with self._lock:
            if probe and self.state == State.PROBING:
                self._become(State.OPEN)  # whose time is up: the next call is a probe again

    def _become(self, state: State) -> None:
        self.state = state
        self._on_change(state)


class Call:
    """One call that a breaker let through. Only the first thing it tells of a probe counts."""

    def __init__(self, breaker: Breaker, *, probe: bool) -> None:
        self._breaker = breaker
        self._probe = probe

    def answering(self) -> None:
        """The server has set to work: a probe need not wait for the end."""
        if self._probe:
            self.succeeded()

    def succeeded(self) -> None:
        self._breaker.note_success(self._take_probe())

    def failed(self, wait_seconds: float = 0.0) -> None:
        """`wait_seconds` is how long the server wants to be left alone: it is, from the first time on."""
        self._breaker.note_failure(self._take_probe(), wait_seconds)

    def abandoned(self) -> None:
        """Nobody waited for the end: that says nothing of the server."""
        self._breaker.note_nothing(self._take_probe())

    def _take_probe(self) -> bool:
        probe, self._probe = self._probe, False
        return probe
