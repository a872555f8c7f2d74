"""Qdrant, by its official client over HTTP: points are named by chunk id.

Writes wait until the node that took them has applied them. With replicas another node may lag behind it by moments,
unless the collection's write_consistency_factor is the number of replicas.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point
from documents.vector_index.engines import calling
from documents.vector_index.engines.calling import COLLECTION_ID, batches
from documents.vector_index.places import Place

SEARCH_EF = 256  # candidates while searching; Qdrant's default is 100, its ef_construct
WRITE_POINTS = 200  # 16 MB of JSON with 4,000 dimensions; a server takes 32 MB by default
PAGE_IDS = 5_000  # ids read at a time: 50 kB


def open_engine(place: Place, name: str, dimensions: int) -> "QdrantEngine":
    """Asks nothing of the server yet."""
    client = QdrantClient(
        host=place.host,
        port=place.port,
        prefix=place.path or None,
        https=place.tls,
        api_key=place.api_key or None,
        timeout=calling.WRITE_SECONDS,
        check_compatibility=False,  # a thread and a request each time one is opened
    )
    return QdrantEngine(client, name, dimensions)


class QdrantEngine:
    """One of Qdrant's collections. Half floats, as they are in Postgres."""

    def __init__(self, client: QdrantClient, name: str, dimensions: int) -> None:
        self.client = client
        self.name = name
        self.dimensions = dimensions

    def ensure(self) -> None:
        vectors = models.VectorParams(
            size=self.dimensions, distance=models.Distance.COSINE, datatype=models.Datatype.FLOAT16
        )
        with _told():
            if not self.client.collection_exists(self.name):
                self.client.create_collection(self.name, vectors_config=vectors)
            self.client.create_payload_index(self.name, COLLECTION_ID, models.PayloadSchemaType.INTEGER)

    def upsert(self, points: Sequence[Point]) -> None:
        for batch in batches(points, WRITE_POINTS):
            written = models.Batch(
                ids=[point.chunk_id for point in batch],
                vectors=[point.vector.tolist() for point in batch],
                payloads=[{COLLECTION_ID: point.collection_id} for point in batch],
            )
            with _told():
                self.client.upsert(self.name, written, wait=True)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        if not chunk_ids:
            return
        with _told():
            self.client.delete(self.name, models.PointIdsList(points=list(chunk_ids)), wait=True)

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        within = models.FieldCondition(key=COLLECTION_ID, match=models.MatchAny(any=list(scope.collection_ids)))
        with _told():
            found = self.client.query_points(
                self.name,
                query=vector.tolist(),
                query_filter=models.Filter(must=[within]),
                search_params=models.SearchParams(hnsw_ef=max(SEARCH_EF, k)),
                limit=k,
                with_payload=False,
                timeout=calling.SEARCH_SECONDS,
            )
        return [Neighbour(int(point.id), point.score) for point in found.points]

    def count(self) -> int:
        with _told():
            return self.client.count(self.name, exact=True).count

    def ids(self) -> Iterator[int]:
        after: models.ExtendedPointId | None = None
        while True:
            with _told():
                page, after = self.client.scroll(self.name, limit=PAGE_IDS, offset=after, with_payload=False)
            yield from (int(record.id) for record in page)
            if after is None:
                return

    def drop(self) -> None:
        with _told():
            self.client.delete_collection(self.name)

    def health(self) -> str:
        with _told():
            return f"Qdrant {self.client.info().version}"


def _told() -> AbstractContextManager[None]:
    return calling.failures_told("Qdrant", (ApiException, QdrantException), _words)


def _words(error: Exception) -> str:
    if isinstance(error, ResourceExhaustedResponse):
        return calling.words_of(429)
    return calling.words_of(error.status_code if isinstance(error, UnexpectedResponse) else None)
