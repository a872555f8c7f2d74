"""The vector index in Postgres itself. Holds the SQL of vectors; knows nothing of text, models or permissions' reasons.

Each EmbeddingIndex has one partial HNSW index over its own dimension; queries repeat the same expression and predicate.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray
from pgvector import HalfVector

from documents.models import EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.base import Neighbour
from documents.vector_index.extension import scans_iteratively

EXACT_UP_TO_CHUNKS = 10_000  # below this an exact scan of the scope takes 0.2-5 ms and has recall 1; measured
EF_SEARCH = 80  # candidates HNSW keeps while searching; recall@10 of .99 and more at about 1 ms, measured
MAINTENANCE_MEMORY = "256MB"  # an HNSW build slows down once its graph outgrows this

EXACT = """
WITH scope AS MATERIALIZED (
    SELECT chunk_id, (vector::halfvec({dimensions})) AS vector FROM documents_embedding
    WHERE index_id = {index} AND collection_id = ANY(%(collections)s)
    AND (%(documents)s::bigint[] IS NULL
         OR chunk_id IN (SELECT id FROM documents_chunk WHERE document_id = ANY(%(documents)s)))
)
SELECT chunk_id, 1 - (vector <=> %(vector)s::halfvec({dimensions})) FROM scope
ORDER BY vector <=> %(vector)s::halfvec({dimensions}) LIMIT %(k)s
"""

# relaxed_order may hand rows over slightly out of order, so they are sorted again outside.
APPROXIMATE = """
SELECT chunk_id, 1 - distance FROM (
    SELECT chunk_id, (vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}) AS distance
    FROM documents_embedding WHERE index_id = {index} AND collection_id = ANY(%(collections)s)
    ORDER BY (vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}) LIMIT %(k)s
) AS near ORDER BY distance
"""

SIMILARITIES = """
SELECT chunk_id, 1 - ((vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}))
FROM documents_embedding WHERE index_id = {index} AND chunk_id = ANY(%(chunks)s)
"""


class PgVectorIndex:
    """Search over the embeddings of one EmbeddingIndex.

    `exact_up_to` is the number of chunks in scope up to which every one of them is compared.
    """

    def __init__(self, index: EmbeddingIndex, exact_up_to: int = EXACT_UP_TO_CHUNKS) -> None:
        self.index = index
        self.exact_up_to = exact_up_to

    def ensure(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL maintenance_work_mem = '{MAINTENANCE_MEMORY}'")
            cursor.execute(
                self._sql(
                    "CREATE INDEX IF NOT EXISTS embedding_hnsw_{index} ON documents_embedding "
                    "USING hnsw ((vector::halfvec({dimensions})) halfvec_cosine_ops) WHERE index_id = {index}"
                )
            )

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks inside the scope, nearest first.

        The planner picks wrongly between an exact scan and HNSW, so the size of the scope decides here.
        """
        exact = scope.document_ids is not None or scope.chunks <= self.exact_up_to or not scans_iteratively()
        values: dict[str, Any] = {
            "vector": HalfVector(vector).to_text(),
            "k": k,
            "collections": list(scope.collection_ids),
            "documents": list(scope.document_ids) if scope.document_ids is not None else None,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            if not exact:
                self._prepare_approximate(cursor, k)
            cursor.execute(self._sql(EXACT if exact else APPROXIMATE), values)
            return [Neighbour(*row) for row in cursor.fetchall()]

    def similarities(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The true cosine similarity of these chunks, for those that have an embedding."""
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"vector": HalfVector(vector).to_text(), "chunks": list(chunk_ids)}
            cursor.execute(self._sql(SIMILARITIES), values)
            return dict(cursor.fetchall())

    def _prepare_approximate(self, cursor: CursorWrapper, k: int) -> None:
        # SET LOCAL ends with the transaction: safe behind a pool in transaction mode.
        cursor.execute(f"SET LOCAL hnsw.ef_search = {max(EF_SEARCH, k)}")
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")

    def _sql(self, template: str) -> str:
        # Index and dimension are our own integers; as literals they let the planner match the partial index.
        return template.format(index=int(self.index.pk), dimensions=int(self.index.dimensions))
