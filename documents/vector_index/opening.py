"""Open the engine of a place, once in a process, and leave one that keeps failing alone for a while.

Knows no settings and no documents. Each engine's client is a package of its own, which is loaded when it is chosen.
"""

import importlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from documents.vector_index.base import VectorEngine, VectorIndexUnavailable
from documents.vector_index.places import Place
from qabot.breaker import Breaker, State

Opener = Callable[[Place, str, int], VectorEngine]

OPENERS: dict[str, Opener] = {}  # of engines that are no module of `engines`: tests bring one

log = logging.getLogger(__name__)

_opened: dict[tuple[Place, str, int], VectorEngine] = {}
_breakers: dict[tuple[str, str], Breaker] = {}
_lock = threading.Lock()


def open_engine(place: Place, name: str, dimensions: int) -> VectorEngine:
    """The engine's set of vectors of that name. Raises VectorIndexUnavailable, for want of its package too."""
    with _lock:
        key = (place, name, dimensions)
        if key not in _opened:
            _opened[key] = _opener(place)(place, name, dimensions)
        return _opened[key]


def close_engine(place: Place, name: str, dimensions: int) -> None:
    """Forget an engine that was dropped."""
    with _lock:
        _opened.pop((place, name, dimensions), None)


@contextmanager
def attempt(place: Place, what: str) -> Iterator[None]:
    """Do something with a place's engine; raises VectorIndexUnavailable at once while that kept failing.

    `what` has a breaker of its own: an engine that takes no writes may well be searched.
    """
    call = breaker_of(place, what).begin()
    if call is None:
        raise VectorIndexUnavailable(f"{place.engine} kept failing and is left alone for a moment.")
    try:
        yield
    except VectorIndexUnavailable:
        call.failed()
        raise
    except BaseException:
        call.abandoned()
        raise
    call.succeeded()


def breaker_of(place: Place, what: str) -> Breaker:
    def tell(state: State) -> None:
        log.warning("vector engine", extra={"engine": place.engine, "what": what, "breaker": state.value})

    with _lock:
        return _breakers.setdefault((place.location, what), Breaker(tell))


def _opener(place: Place) -> Opener:
    if place.engine in OPENERS:
        return OPENERS[place.engine]
    try:
        opener: Opener = importlib.import_module(f"documents.vector_index.engines.{place.engine}").open_engine
    except ImportError as error:
        file = f"requirements/vector-{place.engine}.txt"
        raise VectorIndexUnavailable(f"{place.engine} needs a package that is missing here: {file}.") from error
    return opener
