"""How much of what is truly nearest an engine finds, in 20,000 vectors with the spread of real ones.

Questions are about all chunks, so most ask a small scope for what is not in it: the hard case for a graph.
"""

import functools
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.performance.vectors import nearest, question_vectors, vector_blocks
from documents.vector_index.base import Point, VectorEngine
from tests.documents.vector_index.contract import RECALL, Rig, found, fresh_name
from tests.documents.vector_index.rigs import engines_that

CHUNKS, DIMENSIONS, QUESTIONS, K = 20_000, 64, 30, 10
LEAST_RECALL = 0.95
SCOPES = {"0.1%": (1,), "1%": (2,), "10%": (3,), "50%": (4,), "100%": (1, 2, 3, 4, 5)}  # collections
ENDS = np.array([20, 220, 2_220, 12_220, CHUNKS])  # of the collections, in chunks
FIRST_COLLECTION, BATCH = 8_000, 1_000


@functools.cache
def vectors() -> NDArray[np.float32]:
    return np.concatenate([*vector_blocks(CHUNKS, DIMENSIONS)])


@functools.cache
def collections() -> NDArray[np.int64]:
    """Which one each chunk is in, by whole documents where that comes out even."""
    documents = np.random.default_rng(4).permutation(CHUNKS // 50)
    order = (documents[:, np.newaxis] * 50 + np.arange(50)).ravel()
    of_chunk = np.empty(CHUNKS, dtype=np.int64)
    of_chunk[order] = np.searchsorted(ENDS, np.arange(CHUNKS), side="right") + 1
    return of_chunk


@pytest.fixture(scope="module")
def filled(rig: Rig) -> Iterator[VectorEngine]:
    engine = rig.open(fresh_name(), DIMENSIONS)
    engine.ensure()
    points = [
        Point(at + 1, FIRST_COLLECTION + int(collection), vector)
        for at, (collection, vector) in enumerate(zip(collections(), vectors(), strict=True))
    ]
    for begun in range(0, CHUNKS, BATCH):
        engine.upsert(points[begun : begun + BATCH])
    rig.settle(engine)
    yield engine
    engine.drop()


@engines_that(RECALL)
@pytest.mark.parametrize("scope", SCOPES)
def test_recall_at_10_is_kept_in_every_scope(filled, scope):
    members = np.flatnonzero(np.isin(collections(), SCOPES[scope]))
    questions = question_vectors(vectors(), QUESTIONS)
    exact = members[nearest(vectors()[members], questions, K)] + 1
    asked = [FIRST_COLLECTION + number for number in SCOPES[scope]]

    hits = [
        len(set(found(filled, question, K, *asked)) & set(row.tolist()))
        for question, row in zip(questions, exact, strict=True)
    ]

    assert sum(hits) / (QUESTIONS * K) >= LEAST_RECALL
