"""Search in an engine that holds a copy of an index's vectors; what it finds is shown as Postgres says.

The engine may lag behind: what it finds is looked up again, and what is gone, moved or in quarantine is left out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from documents.models import EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.base import Neighbour
from documents.vector_index.opening import attempt, open_engine
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_index.places import Place

MARGIN = 20  # more than are wanted are asked for: so many stale ones cost no second request
MORE = 4  # times as many are asked for, where too few are left
REQUESTS = 3  # at most, of one search: 16 times as many


class CopiedIndex:
    """The copy of one EmbeddingIndex that an engine calls `name`."""

    def __init__(self, index: EmbeddingIndex, place: Place, name: str) -> None:
        self.index = index
        self.place = place
        self.name = name
        self._postgres = PgVectorIndex(index)

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks inside the scope, nearest first. A few documents are compared in Postgres.

        Raises VectorIndexUnavailable.
        """
        if scope.document_ids is not None:
            return self._postgres.search(vector, k, scope)
        if not scope.collection_ids:
            return []
        wanted, shown = k + MARGIN, list[Neighbour]()
        for _ in range(REQUESTS):
            with attempt(self.place, "search"):
                found = open_engine(self.place, self.name, self.index.dimensions).search(vector, wanted, scope)
            shown = self._postgres.standing(vector, [near.chunk_id for near in found], scope)
            if len(shown) >= k or len(found) < wanted:
                break
            wanted *= MORE
        return shown[:k]

    def similarities(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The true cosine similarity of these chunks, for those that have an embedding: Postgres holds them all."""
        return self._postgres.similarities(vector, chunk_ids)
