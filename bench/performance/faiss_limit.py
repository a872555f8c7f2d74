"""faiss HNSW in the asking process itself: the limit, with no server, no rows, no scopes and no transactions."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.performance.rounds import EFS, recall

NEIGHBOURS, EF_CONSTRUCTION = 16, 64  # as pgvector's HNSW


def fill_faiss(file: Path, vectors: NDArray[np.float32]) -> float:
    """Build an index of unit vectors into a file; seconds it took, 0 if it was there."""
    if file.exists():
        return 0.0
    begun = time.perf_counter()
    index = faiss.IndexHNSWFlat(vectors.shape[1], NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    for start in range(0, len(vectors), 10_000):
        index.add(np.ascontiguousarray(vectors[start : start + 10_000]))
    unfinished = file.with_suffix(".part")
    faiss.write_index(index, str(unfinished))
    unfinished.rename(file)
    return time.perf_counter() - begun


def least_faiss_ef(
    file: Path, questions: NDArray[np.float32], k: int, exact: Sequence[Sequence[int]], wanted: float
) -> tuple[int, float]:
    """The least of EFS with which as much of the exact answers is found as wanted, and how much that is."""
    index = faiss.read_index(str(file))
    found = 0.0
    for ef_search in EFS:
        _, rows = index.search(questions, k, params=faiss.SearchParametersHNSW(efSearch=ef_search))
        found = recall([[int(number) + 1 for number in row[: len(exact[0])]] for row in rows], exact)
        if found >= wanted:
            return ef_search, found
    return EFS[-1], found


def open_faiss(file: Path, questions_file: Path, k: int, ef_search: int) -> Callable[[int], list[int]]:
    """A contender (see bench/performance/clients.py)."""
    faiss.omp_set_num_threads(1)  # of one request: clients bring threads of their own
    index = faiss.read_index(str(file))
    questions = np.load(questions_file)
    parameters = faiss.SearchParametersHNSW(efSearch=ef_search)

    def search(at: int) -> list[int]:
        _, found = index.search(questions[at : at + 1], k, params=parameters)
        return [int(number) + 1 for number in found[0]]

    return search
