"""What an engine is told it holds, and what it was told to forget it does not find."""

from typing import Any

import numpy as np
import pytest

from documents.vector_index.base import Neighbour, Point
from tests.documents.vector_index.contract import (
    DIMENSIONS,
    found,
    fresh_name,
    point,
    random_points,
    unit,
    within,
)
from tests.documents.vector_index.rigs import every_engine

A, B, EMPTY = 7001, 7002, 7003  # collections
NORTH = unit(1)


def about(chunk_id: int, similarity: float) -> Neighbour:
    near: Any = pytest.approx(similarity, abs=1e-3)
    return Neighbour(chunk_id, near)


def held(engine) -> list[int]:
    return sorted(engine.ids())


@every_engine
def test_the_nearest_come_first_with_their_true_cosines(engine):
    engine.upsert([point(1, A, 1), point(2, A, 1, 1), point(3, A, 0, 1), point(4, A, -1)])

    near = engine.search(NORTH, 4, within(A))

    assert near == [
        about(1, 1),
        about(2, 0.5**0.5),
        about(3, 0),
        about(4, -1),
    ]


@every_engine
def test_the_length_of_a_vector_says_nothing(engine):
    engine.upsert([Point(1, A, unit(1, 1) * np.float32(3)), Point(2, A, unit(1) / np.float32(2))])

    near = engine.search(NORTH * 5, 2, within(A))

    assert near == [
        about(2, 1),
        about(1, 0.5**0.5),
    ]


@every_engine
def test_only_collections_of_the_scope_are_searched(engine):
    engine.upsert([point(1, A, 1), point(2, B, 1, 0.1), point(3, A, 1, 0.2)])

    assert found(engine, NORTH, 10, A) == [1, 3]
    assert found(engine, NORTH, 10, B) == [2]
    assert found(engine, NORTH, 10, A, B) == [1, 2, 3]
    assert found(engine, NORTH, 10, EMPTY) == []
    assert found(engine, NORTH, 10) == []


@every_engine
def test_a_scope_of_a_thousand_collections_is_searched(engine):
    engine.upsert([point(1, A, 1), point(2, B, 1, 0.1)])

    assert found(engine, NORTH, 10, *range(A - 999, A + 1)) == [1]


@every_engine
def test_fewer_than_asked_for_are_no_error(engine):
    engine.upsert([point(1, A, 1), point(2, A, 0, 1)])

    assert found(engine, NORTH, 1, A) == [1]
    assert found(engine, NORTH, 200, A) == [1, 2]


@every_engine
def test_an_empty_engine_finds_nothing(engine):
    assert engine.search(NORTH, 5, within(A)) == []
    assert engine.count() == 0
    assert held(engine) == []


@every_engine
def test_what_is_deleted_is_found_no_more(engine):
    engine.upsert([point(1, A, 1), point(2, A, 1, 0.1), point(3, A, 1, 0.2)])

    engine.delete([1, 3])

    assert found(engine, NORTH, 10, A) == [2]
    assert engine.count() == 1
    assert held(engine) == [2]


@every_engine
def test_a_chunk_written_again_has_its_new_vector_alone(engine):
    engine.upsert([point(1, A, 1), point(2, A, 1, 1)])

    engine.upsert([point(1, A, 0, 1)])

    near = engine.search(NORTH, 10, within(A))
    assert near == [about(2, 0.5**0.5), about(1, 0)]
    assert engine.count() == 2


@every_engine
def test_a_chunk_that_moved_is_found_in_its_new_collection_alone(engine):
    engine.upsert([point(1, A, 1)])

    engine.upsert([point(1, B, 1)])

    assert found(engine, NORTH, 10, A) == []
    assert found(engine, NORTH, 10, B) == [1]
    assert held(engine) == [1]


@every_engine
def test_deliveries_may_be_repeated_and_come_out_of_order(engine):
    engine.delete([1, 2])  # before it was ever there
    engine.upsert([point(1, A, 1), point(2, A, 0, 1)])
    engine.upsert([point(1, A, 1), point(2, A, 0, 1)])
    engine.delete([2])
    engine.delete([2])

    assert found(engine, NORTH, 10, A) == [1]
    engine.upsert([point(2, A, 1, 1)])
    assert found(engine, NORTH, 10, A) == [1, 2]
    assert engine.count() == 2


@every_engine
def test_nothing_to_write_or_to_delete_is_no_error(engine):
    engine.upsert([])
    engine.delete([])

    assert engine.count() == 0


@every_engine
def test_numbers_of_chunks_and_collections_may_outgrow_32_bits(engine):
    chunk_id, collection_id = 2**40 + 1, 2**33 + 1
    engine.upsert([point(chunk_id, collection_id, 1), point(1, 1, 1)])

    assert found(engine, NORTH, 10, collection_id) == [chunk_id]
    assert held(engine) == [1, chunk_id]
    engine.delete([chunk_id])
    assert held(engine) == [1]


@every_engine
def test_more_than_one_request_holds_are_written_counted_named_and_deleted(engine):
    points = random_points(1_200, [A, B])

    engine.upsert(points)

    assert engine.count() == 1_200
    assert held(engine) == [p.chunk_id for p in points]
    assert len(found(engine, points[0].vector, 100, A)) == 100
    engine.delete([p.chunk_id for p in points[1:]])
    assert held(engine) == [points[0].chunk_id]


@every_engine
def test_what_is_written_is_found_by_the_very_next_search(engine):
    for p in random_points(20, [A]):
        engine.upsert([p])
        assert found(engine, p.vector, 1, A) == [p.chunk_id]
        engine.delete([p.chunk_id])
        assert p.chunk_id not in found(engine, p.vector, 1, A)


@every_engine
def test_sets_of_other_dimensions_stand_beside_each_other(rig, engine):
    wider = rig.open(fresh_name(), 2 * DIMENSIONS)
    wider.ensure()
    east = np.zeros(2 * DIMENSIONS, dtype=np.float32)
    east[-1] = 1
    engine.upsert([point(1, A, 1)])
    wider.upsert([Point(1, A, east), Point(2, A, -east)])

    assert found(engine, NORTH, 10, A) == [1]
    assert found(wider, east, 10, A) == [1, 2]
    wider.drop()
    assert found(engine, NORTH, 10, A) == [1]


@every_engine
def test_making_and_dropping_may_be_repeated(rig):
    engine = rig.open(fresh_name(), DIMENSIONS)
    engine.ensure()
    engine.upsert([point(1, A, 1)])
    engine.ensure()
    assert found(engine, NORTH, 10, A) == [1]

    engine.drop()
    engine.drop()
    engine.ensure()

    assert found(engine, NORTH, 10, A) == []
    engine.drop()


@every_engine
def test_two_objects_of_one_set_see_the_same(rig, engine):
    other = rig.open(engine.name, DIMENSIONS)
    engine.upsert([point(1, A, 1)])

    assert found(other, NORTH, 10, A) == [1]
    other.delete([1])
    assert found(engine, NORTH, 10, A) == []


@every_engine
def test_an_engine_says_what_it_is(engine):
    assert any(letter.isdigit() for letter in engine.health())
