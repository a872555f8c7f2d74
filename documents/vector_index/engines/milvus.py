"""Milvus, by its official client: a cluster, Zilliz Cloud, or Milvus Lite. Rows are named by chunk id.

What was acknowledged, every search finds that begins afterwards: each asks for Milvus's strong consistency.
`milvus:///…` is Milvus Lite inside this process, which locks its file: a second process is refused, so `serve`, which
is several, needs `milvus-lite server` over the file instead.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient, MilvusException

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point
from documents.vector_index.engines.calling import COLLECTION_ID, SEARCH_SECONDS, WRITE_SECONDS, batches
from documents.vector_index.engines.milvus_client import NOT_LOADED, connect, failures_told
from documents.vector_index.places import Place

HNSW = {"M": 16, "efConstruction": 200}  # neighbours, candidates while building
SEARCH_EF = 400  # candidates while searching
WRITE_ROWS = 1_000  # 16 MB with 4,000 dimensions; a server takes 64 MB by default
PAGE_IDS, MAX_FOUND = 10_000, 16_384  # Milvus hands out that many rows at most
STRONG: dict[str, Any] = {"consistency_level": "Strong"}


def open_engine(place: Place, name: str, dimensions: int) -> "MilvusEngine":
    """Asks nothing of the server yet."""
    return MilvusEngine(place, name, dimensions)


class MilvusEngine:
    """One of Milvus's collections."""

    def __init__(self, place: Place, name: str, dimensions: int) -> None:
        self.place = place
        self.name = name
        self.dimensions = dimensions
        self._client: Any = None  # a MilvusClient from the first call on
        self._connecting = threading.Lock()
        self._writing = threading.Lock()  # Milvus Lite does not guard a collection against two writers

    def ensure(self) -> None:
        if not self._ask(MilvusClient.has_collection):
            schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field(COLLECTION_ID, DataType.INT64)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimensions)
            self._ask(MilvusClient.create_collection, schema=schema)
        missing = MilvusClient.prepare_index_params()
        built = self._ask(MilvusClient.list_indexes)  # Milvus Lite refuses to build one again
        if "vector" not in built:
            kind, params = ("FLAT", {}) if self._is_lite() else ("HNSW", HNSW)
            missing.add_index("vector", kind, "vector", metric_type="COSINE", params=params)
        if COLLECTION_ID not in built:
            missing.add_index(COLLECTION_ID, "INVERTED", COLLECTION_ID)
        if missing:
            self._ask(MilvusClient.create_index, missing)
        self._ask(MilvusClient.load_collection)

    def upsert(self, points: Sequence[Point]) -> None:
        for batch in batches(points, WRITE_ROWS):
            rows = [{"id": it.chunk_id, COLLECTION_ID: it.collection_id, "vector": it.vector} for it in batch]
            with self._writing:
                self._ask(MilvusClient.upsert, rows)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        for batch in batches(chunk_ids, WRITE_ROWS):
            with self._writing:
                self._ask(MilvusClient.delete, list(batch))

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        within = f"{COLLECTION_ID} in {list(scope.collection_ids)}"
        how = {"metric_type": "COSINE", "params": {"ef": max(SEARCH_EF, k)}}
        wanted: dict[str, Any] = {
            "filter": within,
            "limit": min(k, MAX_FOUND),
            "output_fields": ["id"],
            "search_params": how,
        }
        (found,) = self._ask(MilvusClient.search, [vector], timeout=SEARCH_SECONDS, **wanted, **STRONG)
        return [Neighbour(hit["id"], hit["distance"]) for hit in found]

    def count(self) -> int:
        (row,) = self._ask(MilvusClient.query, output_fields=["count(*)"], **STRONG)
        return int(row["count(*)"])

    def ids(self) -> Iterator[int]:
        pages = self._ask(MilvusClient.query_iterator, PAGE_IDS, output_fields=["id"], **STRONG)
        while page := self._ask(lambda *_, **__: pages.next()):
            yield from (row["id"] for row in page)

    def drop(self) -> None:
        self._ask(MilvusClient.drop_collection)

    def health(self) -> str:
        return f"Milvus {self._version()}"

    def _is_lite(self) -> bool:
        """Lite's HNSW finds half of what a narrow scope of 100,000 vectors holds (docs/scaling.md)."""
        return self._version().startswith("milvus_lite")

    def _version(self) -> str:
        return str(self._ask(lambda client, _, timeout: client.get_server_version(timeout)))

    def _ask(self, method: Callable[..., Any], *values: Any, timeout: int = WRITE_SECONDS, **named: Any) -> Any:
        with failures_told():
            with self._connecting:
                self._client = client = self._client or connect(self.place)
            try:
                return method(client, self.name, *values, timeout=timeout, **named)
            except MilvusException as error:
                if error.code != NOT_LOADED:
                    raise
            client.load_collection(self.name, timeout=timeout)
            return method(client, self.name, *values, timeout=timeout, **named)
