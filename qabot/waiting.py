"""Let whoever waits for a slow server be called off. Knows nothing of providers, HTTP or answers.

A thread that waits for the network cannot be told anything. So it looks up by itself, every half second, and the look
raises CalledOff where nobody wants any more what it waits for. The look belongs to the context: everything that is
done for one answer, however deep, looks up in the same way without handing the look on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOOK_SECONDS = 0.5  # between two looks: a call ends within a second of its reader's leaving

Look = Callable[[], None]


class CalledOff(Exception):
    """What is being done is no longer wanted. The message is for whoever finds what there is of it."""


def _nothing_to_see() -> None:
    """Nobody can call off what was begun outside of `looking_up`."""


_look: ContextVar[Look] = ContextVar("look", default=_nothing_to_see)


@contextmanager
def looking_up(look: Look) -> Iterator[None]:
    """While this holds, whatever waits in this context calls `look` every LOOK_SECONDS and at every sign of life."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def look_up() -> None:
    """Raises CalledOff."""
    _look.get()()


def sleep(seconds: float) -> None:
    """Wait, looking up. Raises CalledOff."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        look_up()
        time.sleep(min(left, LOOK_SECONDS))
