"""What an engine brings to the contract that all of them are held to, and what its tests are made of.

An engine brings a `Rig`: a subclass in a module of its own (`rig_qdrant.py`), named in `rigs.py`. Tests ask for
`engine` (a fresh set of vectors, dropped afterwards) or `rig`, and say which engines they are for:

    @every_engine  # of rigs.py
    def test_…(engine): …

    @engines_that(RESTART)  # for a rig that cannot, skipped; its reason stands in the test's id
    def test_…(rig, engine): …

A rig serves one test module: `start` is called once before the first test, `stop` after the last one.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from documents.scope import Scope
from documents.vector_index.base import Point, VectorEngine

# What some rig cannot do.
RESTART = "restart"  # `stop`, then `start`: what was acknowledged is there
DOWN = "down"  # between `stop` and `start` every call fails at once, as if nothing listened
RECALL = "recall"  # 20,000 vectors laid in within seconds
THREADS = "threads"  # one engine object asked and written to by eight threads
SLOW = "slow"  # `slow_down` makes the server answer too late, or not at all
RECALL = "recall"  # 20,000 vectors and 250 searches in a few seconds
DROP = "drop"  # what was dropped is unavailable, rather than empty

SECRET = "sk-a-key-that-no-message-may-hold"  # what rigs give for a key
DIMENSIONS = 8


class Rig(ABC):
    """How an engine is run for tests. `title` is unique; `kind` is live, local or fake.

    `cannot` maps a part from above to the reason, a few words.
    """

    title: ClassVar[str]
    kind: ClassVar[str]
    cannot: ClassVar[Mapping[str, str]] = {}
    marks: ClassVar[Sequence[pytest.MarkDecorator]] = ()  # of each test that it runs

    def __init__(self, folder: Path) -> None:
        """`folder` is empty and the rig's own; nothing is started yet. Skip here what cannot run on this machine."""
        self.folder = folder

    @classmethod
    def surroundings(cls, request: pytest.FixtureRequest) -> AbstractContextManager[None]:
        """What it needs from before `start` to after `stop`."""
        return nullcontext()

    @abstractmethod
    def start(self) -> None:
        """Run the server, the second time with what it acknowledged, and wait until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Close what `open` gave, end the server; does nothing the second time."""

    @abstractmethod
    def open(self, name: str, dimensions: int) -> VectorEngine:
        """As the module's `open_engine`, of the place this rig runs at. Objects opened earlier go on working."""

    def settle(self, engine: VectorEngine) -> None:  # noqa: B027 - most have nothing to do
        """Have done what the server would do in its own time after much was written, building its graph, say."""

    def slow_down(self, seconds: float) -> None:
        """From now on each answer takes so long; 0 is as before."""
        raise NotImplementedError


_numbers = itertools.count(1)


def fresh_name() -> str:
    """A name as QABot gives: no two sets of vectors have the same."""
    return f"qabot_0a1b2c_{next(_numbers)}"


def unit(*directions: float) -> NDArray[np.float32]:
    """A vector of unit length, zeros behind the directions given."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(directions)] = directions
    return vector / np.linalg.norm(vector)


def point(chunk_id: int, collection_id: int, *directions: float) -> Point:
    return Point(chunk_id, collection_id, unit(*directions))


def within(*collection_ids: int, chunks: int = 1_000_000) -> Scope:
    return Scope(collection_ids, None, chunks)


def found(engine: VectorEngine, vector: NDArray[np.float32], k: int, *collection_ids: int) -> list[int]:
    return [near.chunk_id for near in engine.search(vector, k, within(*collection_ids))]


def random_points(count: int, collections: Sequence[int], first: int = 1) -> list[Point]:
    """Points with ids in a row from `first`, in these collections in turn; always the same."""
    vectors = np.random.default_rng(first).standard_normal((count, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [Point(first + at, collections[at % len(collections)], vector) for at, vector in enumerate(vectors)]
