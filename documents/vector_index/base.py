"""What a vector index does, whatever engine stands behind it. Knows nothing of documents' text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from documents.scope import Scope


@dataclass(frozen=True)
class Neighbour:
    """A chunk near a question: cosine similarity, 1 is identical."""

    chunk_id: int
    similarity: float


class VectorIndex(Protocol):
    def ensure(self) -> None:
        """Create what the engine needs to search quickly; does nothing the second time."""

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks inside the scope, nearest first."""

    def similarities(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The true cosine similarity of these chunks, for those that have an embedding."""
