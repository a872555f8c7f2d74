"""pgvector: PgVectorIndex over rows of the test's own database, which stand beside each other as engines' sets do."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector

from documents.models import Collection, Document, EmbeddingIndex, IndexState
from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point, VectorEngine
from documents.vector_index.extension import read_version
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_types import know_vectors
from tests.documents.vector_index.contract import DOWN, DROP, RESTART, SLOW, THREADS, Rig

CHUNKS = """
INSERT INTO documents_chunk
(id, document_id, collection_id, ordinal, page_number, start, "end", text, heading_path, tokens, weights)
SELECT id, %s, %s, nextval('documents_chunk_id_seq'), 1, 0, 1, 'a', '{}', '{}', '{}/1000000000'::sparsevec
FROM unnest(%s::bigint[]) AS id ON CONFLICT (id) DO NOTHING
"""
EMBEDDINGS = """
INSERT INTO documents_embedding (chunk_id, index_id, collection_id, vector)
SELECT chunk, %s, collection, vector::halfvec
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS laid (chunk, collection, vector)
ON CONFLICT (index_id, chunk_id) DO UPDATE SET collection_id = excluded.collection_id, vector = excluded.vector
"""


class PgvectorRig(Rig):
    """What a test lays in is rolled back after it; what lies there for a whole module, when the rig stops."""

    title, kind = "pgvector", "live"
    marks = (pytest.mark.django_db,)
    cannot = {
        RESTART: "without its Postgres there is no QABot",
        DOWN: "without its Postgres there is no QABot",
        SLOW: "without its Postgres there is no QABot",
        DROP: "a dropped index is not asked",
        THREADS: "a connection serves one thread",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.document: Document | None = None

    @classmethod
    def surroundings(cls, request: pytest.FixtureRequest) -> AbstractContextManager[None]:
        request.getfixturevalue("django_db_setup")
        if not connection.settings_dict["NAME"].startswith("test_"):
            raise RuntimeError("not the test's database")
        return request.getfixturevalue("django_db_blocker").unblock()

    def start(self) -> None:
        shelf = Collection.objects.create(slug="contract", name="Contract")
        self.document = Document.objects.create(
            collection=shelf, name="a.txt", media_type="text/plain", size_bytes=1, sha256="c" * 64
        )

    def stop(self) -> None:
        if self.document is not None:
            self.document.delete()
            Collection.objects.filter(slug__startswith="contract").delete()
            self.document = None

    def open(self, name: str, dimensions: int) -> "RowsEngine":
        if self.document is None:
            raise RuntimeError("not started")
        return RowsEngine(self.document, name, dimensions)

    def settle(self, engine: VectorEngine) -> None:
        """Build HNSW, as it is for an index that holds its embeddings already."""
        assert isinstance(engine, RowsEngine)
        PgVectorIndex(engine.index).ensure()


class RowsEngine:
    """What QABot's worker and database do themselves, behind the protocol of engines."""

    def __init__(self, document: Document, name: str, dimensions: int) -> None:
        self.document, self.name, self.dimensions = document, name, dimensions

    @functools.cached_property
    def index(self) -> EmbeddingIndex:
        return EmbeddingIndex.objects.get_or_create(
            model=self.name, defaults={"dimensions": self.dimensions, "state": IndexState.RETIRED}
        )[0]

    def ensure(self) -> None:
        _ = self.index

    def upsert(self, points: Sequence[Point]) -> None:
        chunks = [point.chunk_id for point in points]
        collections = [point.collection_id for point in points]
        Collection.objects.bulk_create(
            [Collection(pk=pk, slug=f"contract-{pk}", name="Contract") for pk in sorted(set(collections))],
            ignore_conflicts=True,
        )
        know_vectors()
        with connection.cursor() as cursor:
            cursor.execute(CHUNKS, [self.document.pk, self.document.collection_id, chunks])
            vectors = [HalfVector(point.vector).to_text() for point in points]
            cursor.execute(EMBEDDINGS, [self.index.pk, chunks, collections, vectors])

    def delete(self, chunk_ids: Sequence[int]) -> None:
        self.index.embeddings.filter(chunk_id__in=list(chunk_ids)).delete()

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        chunks = self.index.embeddings.filter(collection_id__in=scope.collection_ids).count()
        return PgVectorIndex(self.index).search(vector, k, Scope(scope.collection_ids, None, chunks))

    def count(self) -> int:
        return self.index.embeddings.count()

    def ids(self) -> Iterator[int]:
        yield from self.index.embeddings.values_list("chunk_id", flat=True).iterator()

    def drop(self) -> None:
        self.index.embeddings.all().delete()
        with connection.cursor() as cursor:  # PgVectorIndex.drop is not for transactions
            cursor.execute(f"DROP INDEX IF EXISTS {PgVectorIndex(self.index).name}")
        self.index.delete()
        del self.index

    def health(self) -> str:
        return f"pgvector {'.'.join(map(str, read_version(connection)))}"
