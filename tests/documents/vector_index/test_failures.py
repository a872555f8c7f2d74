"""Engines that restart, end, fall silent or are asked by many at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from documents.vector_index.base import VectorIndexUnavailable
from tests.documents.vector_index.contract import (
    DIMENSIONS,
    DOWN,
    DROP,
    RESTART,
    SECRET,
    SLOW,
    THREADS,
    found,
    fresh_name,
    point,
    random_points,
    unit,
    within,
)
from tests.documents.vector_index.rigs import engines_that

A, B = 7001, 7002  # collections
NORTH = unit(1)
AT_ONCE = 2.0  # seconds; refused connections take milliseconds, some clients try again
THREADS_AT_ONCE, TURNS = 8, 15


@engines_that(RESTART)
def test_what_was_acknowledged_is_there_after_a_restart(rig, engine):
    engine.upsert([point(1, A, 1), point(2, A, 1, 1), point(3, B, 1)])
    engine.delete([2])

    rig.stop()
    rig.start()

    again = rig.open(engine.name, DIMENSIONS)
    assert found(again, NORTH, 10, A) == [1]
    assert sorted(again.ids()) == [1, 3]
    assert found(engine, NORTH, 10, A) == [1]
    engine.upsert([point(4, A, 1, 0.1)])
    assert found(engine, NORTH, 10, A) == [1, 4]


@engines_that(DOWN, RESTART)
def test_an_engine_that_is_down_says_so_at_once_and_works_on_afterwards(rig, engine):
    engine.upsert([point(1, A, 1)])
    calls = {
        "search": lambda: engine.search(NORTH, 5, within(A)),
        "upsert": lambda: engine.upsert([point(2, A, 1)]),
        "delete": lambda: engine.delete([1]),
        "count": engine.count,
        "ids": lambda: list(engine.ids()),
        "ensure": engine.ensure,
        "drop": engine.drop,
        "health": engine.health,
        "a new object": lambda: rig.open(engine.name, DIMENSIONS).search(NORTH, 5, within(A)),
    }

    rig.stop()
    try:
        for name, call in calls.items():
            begun = time.monotonic()
            with pytest.raises(VectorIndexUnavailable) as raised:
                call()
            assert time.monotonic() - begun < AT_ONCE, name
            assert SECRET not in str(raised.value)
            assert 5 < len(str(raised.value)) < 120, "a message for a reader"
    finally:
        rig.start()

    assert found(engine, NORTH, 5, A) == [1]


@engines_that(SLOW)
def test_a_search_without_an_answer_is_given_up_after_five_seconds(rig, engine):
    engine.upsert([point(1, A, 1)])
    assert found(engine, NORTH, 5, A) == [1]

    rig.slow_down(9)
    try:
        begun = time.monotonic()
        with pytest.raises(VectorIndexUnavailable):
            engine.search(NORTH, 5, within(A))
        assert 4 < time.monotonic() - begun < 7
    finally:
        rig.slow_down(0)

    assert found(engine, NORTH, 5, A) == [1]


@engines_that(DROP)
def test_what_was_never_made_or_is_dropped_is_unavailable(rig):
    engine = rig.open(fresh_name(), DIMENSIONS)

    with pytest.raises(VectorIndexUnavailable):
        engine.search(NORTH, 5, within(A))

    engine.ensure()
    engine.upsert([point(1, A, 1)])
    rig.open(engine.name, DIMENSIONS).drop()  # by another process, say
    with pytest.raises(VectorIndexUnavailable):
        engine.search(NORTH, 5, within(A))
    with pytest.raises(VectorIndexUnavailable):
        engine.upsert([point(1, A, 1)])

    engine.ensure()
    assert engine.count() == 0
    engine.drop()


@engines_that(THREADS)
def test_threads_share_an_engine(engine):
    """Each writes, finds and deletes chunks of its own, and asks for what stands there all the time."""
    standing = random_points(100, [A])
    engine.upsert(standing)

    def work(number: int) -> int:
        own = random_points(TURNS, [B], first=1_000 * (number + 1))
        for turn, p in enumerate(own):
            engine.upsert([p])
            assert found(engine, p.vector, 1, B) == [p.chunk_id]
            assert found(engine, standing[turn].vector, 1, A) == [standing[turn].chunk_id]
        engine.delete([p.chunk_id for p in own[1:]])
        return own[0].chunk_id

    with ThreadPoolExecutor(THREADS_AT_ONCE) as pool:
        left = list(pool.map(work, range(THREADS_AT_ONCE)))

    assert sorted(engine.ids()) == [p.chunk_id for p in standing] + sorted(left)
