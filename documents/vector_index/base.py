"""What a vector index does, whatever engine stands behind it. Knows nothing of documents' text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from documents.scope import Scope

if TYPE_CHECKING:
    from documents.models import EmbeddingIndex


class VectorIndexUnavailable(Exception):
    """The engine does not answer, refuses, or lacks what it held. The message says which to a reader, and no secret."""


@dataclass(frozen=True)
class Neighbour:
    """A chunk near a question: cosine similarity, 1 is identical."""

    chunk_id: int
    similarity: float


@dataclass(frozen=True)
class Point:
    """A chunk's vector, (dimensions,), as an engine holds it: with the collection that decides who may find it."""

    chunk_id: int
    collection_id: int
    vector: NDArray[np.float32]


class VectorIndex(Protocol):
    """What asking needs."""

    index: "EmbeddingIndex"  # whose embeddings are searched

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks inside the scope, nearest first. Raises VectorIndexUnavailable."""

    def similarities(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The true cosine similarity of these chunks, for those that have an embedding."""


class VectorEngine(Protocol):
    """One set of vectors in a database beside Postgres. What it holds can be made again from Postgres at any time.

    Each call may be repeated, and raises VectorIndexUnavailable where the engine fails. Threads share an engine.
    """

    def ensure(self) -> None:
        """Create what holds the vectors; does nothing the second time."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Lay vectors in, replacing what the same chunks had. Searches that begin after it returned find them."""

    def delete(self, chunk_ids: Sequence[int]) -> None:
        """Take vectors out; those that are not there are no error. Searches that begin afterwards do not find them."""

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks of the scope's collections, nearest first, by the engine's own filter.

        A scope narrowed to documents is not an engine's affair: it knows collections alone.
        """

    def count(self) -> int:
        """How many vectors it holds."""

    def ids(self) -> Iterator[int]:
        """The chunks whose vectors it holds, in any order, some at a time."""

    def drop(self) -> None:
        """Undo `ensure`: vectors and all; does nothing the second time."""

    def health(self) -> str:
        """The engine's name and version, as it says itself."""
