"""Weaviate, by its official client: its schema over HTTP, vectors over gRPC. Objects are named by chunk id, as a UUID.

Writes wait until the nodes that took them have applied them, a quorum where there are replicas; another node may lag
behind by moments, and so does a server that builds its graph in the background (its setting ASYNC_INDEXING).
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import weaviate
from numpy.typing import NDArray
from weaviate.classes import config, data, query
from weaviate.exceptions import WeaviateInsertManyAllFailedError

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point, VectorIndexUnavailable
from documents.vector_index.engines import calling
from documents.vector_index.engines.calling import COLLECTION_ID, batches
from documents.vector_index.engines.weaviate_client import connect, failures_told
from documents.vector_index.places import Place

SEARCH_EF = 400  # candidates while searching
WRITE_OBJECTS = 500  # 8 MB with 4,000 dimensions; a server takes 10 MB by default
PAGE_IDS, MAX_FOUND = 1_000, 10_000  # the second is the server's QUERY_MAXIMUM_RESULTS


def open_engine(place: Place, name: str, dimensions: int) -> "WeaviateEngine":
    """Asks nothing of the server yet, which takes the dimensions from the first vector."""
    return WeaviateEngine(place, name)


class WeaviateEngine:
    """One of Weaviate's collections, under our name with a capital letter."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name[0].upper() + name[1:]
        self._client: weaviate.WeaviateClient | None = None
        self._connecting = threading.Lock()

    def ensure(self) -> None:
        graph = config.Configure.VectorIndex.hnsw(distance_metric=config.VectorDistances.COSINE, ef=SEARCH_EF)
        vectors = config.Configure.Vectors.self_provided(vector_index_config=graph)
        field = config.Property(name=COLLECTION_ID, data_type=config.DataType.INT, index_filterable=True)
        with failures_told():
            if not self._is_there():
                self._connected().collections.create(self.name, properties=[field], vector_config=vectors)

    def upsert(self, points: Sequence[Point]) -> None:
        for batch in batches(points, WRITE_OBJECTS):
            objects = [_object(point) for point in batch]
            with failures_told():
                if not self._is_there():  # Weaviate would make a collection of its own taste
                    raise VectorIndexUnavailable(f"Weaviate {calling.words_of(404)}.")
                if self._collection().data.insert_many(objects).has_errors:
                    raise WeaviateInsertManyAllFailedError

    def delete(self, chunk_ids: Sequence[int]) -> None:
        for batch in batches(chunk_ids, WRITE_OBJECTS):
            them = query.Filter.by_id().contains_any([UUID(int=chunk_id) for chunk_id in batch])
            with failures_told():
                if self._collection().data.delete_many(them).failed:
                    raise VectorIndexUnavailable("Weaviate keeps some of what was to be deleted.")

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        if not scope.collection_ids:
            return []  # an empty list is an error to the client
        with failures_told():
            found = self._collection().query.near_vector(
                vector.tolist(),
                limit=min(k, MAX_FOUND),
                filters=query.Filter.by_property(COLLECTION_ID).contains_any(list(scope.collection_ids)),
                return_metadata=query.MetadataQuery(distance=True),
                return_properties=False,
            )
        return [Neighbour(it.uuid.int, 1 - (it.metadata.distance or 0.0)) for it in found.objects]

    def count(self) -> int:
        with failures_told():
            return self._collection().aggregate.over_all(total_count=True).total_count or 0

    def ids(self) -> Iterator[int]:
        with failures_told():
            objects = iter(self._collection().iterator(return_properties=False, cache_size=PAGE_IDS))
        while True:
            with failures_told():
                found = next(objects, None)
            if found is None:
                return
            yield found.uuid.int

    def drop(self) -> None:
        with failures_told():
            if self._is_there():
                self._connected().collections.delete(self.name)

    def health(self) -> str:
        with failures_told():
            return f"Weaviate {self._connected().get_meta()['version']}"

    def _is_there(self) -> bool:
        return self._connected().collections.exists(self.name)

    def _collection(self) -> Any:
        return self._connected().collections.use(self.name)

    def _connected(self) -> weaviate.WeaviateClient:
        with self._connecting:
            self._client = self._client or connect(self.place)
            return self._client


def _object(point: Point) -> Any:
    return data.DataObject({COLLECTION_ID: point.collection_id}, UUID(int=point.chunk_id), point.vector.tolist())
