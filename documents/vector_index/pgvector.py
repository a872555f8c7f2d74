"""The vector index in Postgres itself. Holds the SQL of vectors; knows nothing of text, models or permissions' reasons.

Each EmbeddingIndex has one partial HNSW index over its own dimension; queries repeat the same expression and predicate.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import OperationalError, connection, transaction
from numpy.typing import NDArray
from pgvector import HalfVector
from psycopg.errors import LockNotAvailable

from documents.models import EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.base import Neighbour
from documents.vector_index.extension import scans_iteratively

# All of a scope is compared up to the geometric mean of the first and of all chunks there are, and up to the second:
# 10,000 with 384 dimensions take 4 ms and 50,000 take 25. Where they are a tenth of all, HNSW takes 15 and 34 and finds
# .94 and .86 of the ten nearest; where 10,000 are all, it takes 2. Measured.
EXACT_OF_ALL, EXACT_UP_TO_CHUNKS = 5_000, 50_000
# Candidates HNSW keeps while it is built, and while all is searched, in wide vectors more. Measured in 100,000 chunks:
# recall@10 is .998 with 128 and 200; with pgvector's 64 it takes 400 to reach .993. Building takes half as long again.
EF_CONSTRUCTION, EF_SEARCH, EF_SEARCH_WIDE = 128, 200, 300
WIDE = 1_000  # dimensions; in one graph of 1,536, 200 candidates found .987
EF_UP_TO_CHUNKS = 500_000  # beyond, more in proportion: in a million 200 found .95 of the ten nearest, 400 find .99
MAX_EF_SEARCH = 1_000  # pgvector's own limit
MAINTENANCE_MEMORY = "256MB"  # an HNSW build slows down once its graph outgrows this
MAX_DIMENSIONS = 4_000  # of a halfvec in HNSW; pgvector's README
DROP_MILLISECONDS = 500  # a worker that waits for a lock indexes nothing; below the server's deadlock_timeout

BUILT = "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = %s AND indisvalid"
# What a build that was broken off leaves behind; one that goes on is not valid either, but shows its progress.
BROKEN_OFF = """
SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = %s AND NOT indisvalid
AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
"""
BEING_BUILT = "SELECT 1 FROM pg_stat_progress_create_index WHERE relid = 'documents_embedding'::regclass"
CANCEL_BUILD = "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index WHERE index_relid = to_regclass(%s)"

# In the statement itself, so that no door can forget it. A few documents' chunks are hashed once; the array keeps the
# planner's guess of their number low, so that it never takes the slow plan.
NOT_QUARANTINED = """
chunk_id NOT IN (SELECT id FROM documents_chunk WHERE document_id = ANY(ARRAY(
    SELECT id FROM documents_document WHERE quarantined_at IS NOT NULL)))
""".strip()

# The column without its cast, so that no HNSW index fits; each distance is computed where its row is read. Gathering
# the rows first (AS MATERIALIZED) wrote 10,000 of 1,536 dimensions to the disk and took four times as long.
EXACT = """
SELECT chunk_id, 1 - distance FROM (
    SELECT chunk_id, vector <=> %(vector)s::halfvec({dimensions}) AS distance FROM documents_embedding
    WHERE index_id = {index} AND collection_id = ANY(%(collections)s)
    AND (%(documents)s::bigint[] IS NULL
         OR chunk_id IN (SELECT id FROM documents_chunk WHERE document_id = ANY(%(documents)s)))
    AND {not_quarantined}
    ORDER BY distance LIMIT %(k)s
) AS near ORDER BY distance
"""

# relaxed_order may hand rows over slightly out of order, so they are sorted again outside. All of it is one request, so
# one transaction: SET LOCAL ends with it, behind a pool in transaction mode too, and nothing is waited for in between.
APPROXIMATE = """
SET LOCAL hnsw.ef_search = {ef_search};
SET LOCAL hnsw.iterative_scan = relaxed_order;
SET LOCAL enable_seqscan = off;
SELECT chunk_id, 1 - distance FROM (
    SELECT chunk_id, (vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}) AS distance
    FROM documents_embedding WHERE index_id = {index} AND collection_id = ANY(%(collections)s)
    AND {not_quarantined}
    ORDER BY (vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}) LIMIT %(k)s
) AS near ORDER BY distance
"""

CREATE = """
CREATE INDEX {concurrently} IF NOT EXISTS embedding_hnsw_{{index}} ON documents_embedding
USING hnsw ((vector::halfvec({{dimensions}})) halfvec_cosine_ops)
WITH (ef_construction = {{ef_construction}}) WHERE index_id = {{index}}
"""

SIMILARITIES = """
SELECT chunk_id, 1 - ((vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions}))
FROM documents_embedding WHERE index_id = {index} AND chunk_id = ANY(%(chunks)s)
"""

STANDING = """
SELECT chunk_id, 1 - ((vector::halfvec({dimensions})) <=> %(vector)s::halfvec({dimensions})) AS similarity
FROM documents_embedding
WHERE index_id = {index} AND chunk_id = ANY(%(chunks)s) AND collection_id = ANY(%(collections)s) AND {not_quarantined}
ORDER BY similarity DESC, chunk_id
"""


class PgVectorIndex:
    """Search over the embeddings of one EmbeddingIndex.

    `exact_up_to` is the number of chunks up to which all of a scope may be compared.
    """

    def __init__(self, index: EmbeddingIndex, exact_up_to: int = EXACT_UP_TO_CHUNKS) -> None:
        self.index = index
        self.exact_up_to = exact_up_to

    @property
    def name(self) -> str:
        """What the HNSW index is called in the database."""
        return f"embedding_hnsw_{int(self.index.pk)}"

    def ensure(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL maintenance_work_mem = '{MAINTENANCE_MEMORY}'")
            cursor.execute(self._sql(CREATE.format(concurrently="")))

    def is_built(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(BUILT, [self.name])
            return cursor.fetchone() is not None

    def is_being_built(self) -> bool:
        """Whether this index or another one of the same table is: two such builds at once deadlock."""
        with connection.cursor() as cursor:
            cursor.execute(BEING_BUILT)
            return cursor.fetchone() is not None

    def build(self) -> None:
        """`ensure` for an index that holds its embeddings already: reading and writing go on. Not in a transaction."""
        with connection.cursor() as cursor:
            # For the session, as SET LOCAL ends before CONCURRENTLY may begin. One process: answers need the others.
            cursor.execute(f"SET maintenance_work_mem = '{MAINTENANCE_MEMORY}'")
            cursor.execute("SET max_parallel_maintenance_workers = 0")
            try:
                cursor.execute(BROKEN_OFF, [self.name])
                if cursor.fetchone():
                    cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")
                cursor.execute(self._sql(CREATE.format(concurrently="CONCURRENTLY")))
            finally:
                cursor.execute("RESET maintenance_work_mem")
                cursor.execute("RESET max_parallel_maintenance_workers")

    def drop(self) -> bool:
        """Undo `ensure` and `build`; a build that is going on is broken off. Not in a transaction.

        False if somebody reads the table for long, a backup for instance: to be tried again later.
        """
        with connection.cursor() as cursor:
            cursor.execute(CANCEL_BUILD, [self.name])
            cursor.execute(f"SET lock_timeout = {DROP_MILLISECONDS}")
            try:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")
            except OperationalError as error:
                if isinstance(error.__cause__, LockNotAvailable):
                    return False
                raise
            finally:
                cursor.execute("RESET lock_timeout")
        return True

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        """The k nearest chunks inside the scope, nearest first.

        The planner picks wrongly between an exact scan and HNSW, so the size of the scope decides here.
        """
        exact = scope.document_ids is not None or self._is_compared(scope) or not scans_iteratively()
        values: dict[str, Any] = {
            "vector": HalfVector(vector).to_text(),
            "k": k,
            "collections": list(scope.collection_ids),
            "documents": list(scope.document_ids) if scope.document_ids is not None else None,
        }
        with connection.cursor() as cursor:
            cursor.execute(self._sql(EXACT if exact else APPROXIMATE, ef_search=self._candidates(k, scope)), values)
            while cursor.nextset():  # past the settings, to what was asked for
                pass
            return [Neighbour(*row) for row in cursor.fetchall()]

    def similarities(self, vector: NDArray[np.float32], chunk_ids: Sequence[int]) -> dict[int, float]:
        """The true cosine similarity of these chunks, for those that have an embedding."""
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"vector": HalfVector(vector).to_text(), "chunks": list(chunk_ids)}
            cursor.execute(self._sql(SIMILARITIES), values)
            return dict(cursor.fetchall())

    def standing(self, vector: NDArray[np.float32], chunk_ids: Sequence[int], scope: Scope) -> list[Neighbour]:
        """Those of these chunks that a search of the scope's collections may show now, nearest first."""
        values: dict[str, Any] = {
            "vector": HalfVector(vector).to_text(),
            "chunks": list(chunk_ids),
            "collections": list(scope.collection_ids),
        }
        with connection.cursor() as cursor:
            cursor.execute(self._sql(STANDING), values)
            return [Neighbour(*row) for row in cursor.fetchall()]

    def _is_compared(self, scope: Scope) -> bool:
        most = math.sqrt(EXACT_OF_ALL * scope.of_chunks) if scope.of_chunks else self.exact_up_to
        return scope.chunks <= min(self.exact_up_to, most)

    def _candidates(self, k: int, scope: Scope) -> int:
        """As many of them inside the scope, whatever part of all it is: the others are passed over."""
        inside = EF_SEARCH_WIDE if self.index.dimensions >= WIDE else EF_SEARCH
        inside = round(inside * max(scope.of_chunks / EF_UP_TO_CHUNKS, 1))
        return min(round(max(inside, k) / (scope.share or 1)), MAX_EF_SEARCH)

    def _sql(self, template: str, ef_search: int = EF_SEARCH) -> str:
        # Index and dimension are our own integers; as literals they let the planner match the partial index.
        return template.format(
            index=int(self.index.pk),
            dimensions=int(self.index.dimensions),
            ef_search=int(ef_search),
            ef_construction=EF_CONSTRUCTION,
            not_quarantined=NOT_QUARANTINED,
        )
