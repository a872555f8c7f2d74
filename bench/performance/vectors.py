"""Synthetic vectors with the spread of real ones, always the same. Pure.

Evenly random vectors are all equally far from each other, which no index can cope with and no model makes; a few
tight clusters are what every index finds at once. These have the structure of real ones: a mean they share, fields
of documents about like things, documents, passages of one document that say nearly the same, and variance that falls
from direction to direction. The constants were fitted to all-MiniLM-L6-v2 on 13,912 passages of 3,000 abstracts with
300 questions (SciFact); the fall of variance, to 592 passages of 205 texts (SQuAD articles, news, filings). What
counts here is how hard they are to find, told by the recall@10 of faiss HNSW (16 neighbours, 64 when building) at ef
10, 20, 40 and 80:

    13,912 real ones     .855, .932, .970, .989
    10,000 of these      .935, .971, .992, .998
    40,000 of these      .876, .930, .968, .993

So they are easier than real ones where there are few, and about alike where there are more; no larger set of real
ones was at hand. What has 1,536 dimensions has the same shape, its variance falling half as fast: an assumption.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MEAN = 0.3  # length of what all share
OF_FIELDS, OF_DOCUMENTS, OF_SUBJECTS, OF_PASSAGES = 0.20, 0.30, 0.12, 0.27  # variance
OF_QUESTIONS = (0.3, 1.0)  # variance around their passage, in each question another one
SHIFT, POWER, DECAY = 2, 0.5, 100  # of the variance of direction i: (i + SHIFT)^-POWER * exp(-i / DECAY), at 384
FIELDS = 20
DOCUMENT_CHUNKS = 50
SUBJECT_CHUNKS = 3
BLOCK_DOCUMENTS = 200  # made at a time


def vector_blocks(chunks: int, dimensions: int) -> Iterator[NDArray[np.float32]]:
    """Unit vectors of chunks in order, `DOCUMENT_CHUNKS` a document, a block of documents at a time."""
    random = np.random.default_rng(1)
    deviations, mean = _directions(dimensions)
    fields = mean + _around(random, FIELDS, OF_FIELDS, deviations)
    block = BLOCK_DOCUMENTS * DOCUMENT_CHUNKS
    for begun in range(0, chunks, block):
        size = min(block, chunks - begun)
        documents = fields[random.integers(0, FIELDS, BLOCK_DOCUMENTS)]
        documents += _around(random, BLOCK_DOCUMENTS, OF_DOCUMENTS, deviations)
        subjects = DOCUMENT_CHUNKS // SUBJECT_CHUNKS
        centres = documents.repeat(subjects, axis=0)
        centres += _around(random, len(centres), OF_SUBJECTS, deviations)
        document = np.arange(size) // DOCUMENT_CHUNKS
        about = document * subjects + random.integers(0, subjects, size)
        yield _unit(centres[about] + _around(random, size, OF_PASSAGES, deviations))


def question_vectors(vectors: NDArray[np.float32], questions: int) -> NDArray[np.float32]:
    """Unit vectors of questions about some of these passages."""
    random = np.random.default_rng(3)
    deviations, _ = _directions(vectors.shape[1])
    about = np.array(vectors[np.sort(random.choice(len(vectors), questions, replace=False))])
    spread = np.sqrt(random.uniform(*OF_QUESTIONS, (questions, 1))).astype(np.float32)
    asked = _unit(about + spread * _around(random, questions, 1.0, deviations))
    random.shuffle(asked)
    return asked


def nearest(vectors: NDArray[np.float32], questions: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The positions of the k nearest vectors of each question, by comparing all: (questions, k), nearest first."""
    best = np.empty((len(questions), 0), dtype=np.float32)
    found = np.empty((len(questions), 0), dtype=np.int64)
    for begun in range(0, len(vectors), 50_000):
        near = questions @ np.asarray(vectors[begun : begun + 50_000]).T
        both = np.hstack([best, near])
        at = np.hstack([found, np.broadcast_to(np.arange(begun, begun + near.shape[1]), near.shape)])
        order = np.argsort(-both, axis=1, kind="stable")[:, :k]
        best, found = np.take_along_axis(both, order, 1), np.take_along_axis(at, order, 1)
    return found


def _directions(dimensions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The deviation in each direction, for a variance of 1 in all, and the mean that all share."""
    places = np.arange(dimensions)
    variances = (places + SHIFT) ** -POWER * np.exp(-places / (DECAY * (dimensions / 384) ** 0.5))
    mean = np.random.default_rng(0).standard_normal(dimensions)
    return (
        np.sqrt(variances / variances.sum()).astype(np.float32),
        (MEAN * mean / np.linalg.norm(mean)).astype(np.float32),
    )


def _around(
    random: np.random.Generator, count: int, variance: float, deviations: NDArray[np.float32]
) -> NDArray[np.float32]:
    spread: NDArray[np.float32] = random.standard_normal((count, len(deviations)), dtype=np.float32)
    spread *= deviations * np.float32(np.sqrt(variance))
    return spread


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
