"""Pinecone, by its official client: one serverless index of documents, named by chunk id in decimal digits.

Pinecone shows what it acknowledged a moment later. A write therefore waits until a search says that it has come as far
in Pinecone's log: one search or more for each write, charged as any other. Where it has not within 30 seconds, the
write fails, to be repeated. `count` comes from Pinecone's statistics, which may be behind for longer.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pinecone import ConflictError, Index, NotFoundError, Pinecone, __version__

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point
from documents.vector_index.engines import pinecone_client as calls
from documents.vector_index.engines.calling import COLLECTION_ID, SEARCH_SECONDS, batches
from documents.vector_index.places import Place

PAGE_IDS, MAX_FOUND = 100, 10_000  # docs.pinecone.io/reference/api/database-limits
NAMESPACE = "__default__"  # there from the first write on


def open_engine(place: Place, name: str, dimensions: int) -> "PineconeEngine":
    """Asks nothing of the server yet. Pinecone's names have hyphens for our underscores."""
    return PineconeEngine(calls.connect(place), place, name.replace("_", "-"), dimensions)


class PineconeEngine:
    """One of Pinecone's indexes."""

    def __init__(self, client: Pinecone, place: Place, name: str, dimensions: int) -> None:
        self.client = client
        self.place = place
        self.name = name
        self.dimensions = dimensions
        self._index: Index | None = None

    def ensure(self) -> None:
        schema = {"fields": {"vector": {"type": "dense_vector", "dimension": self.dimensions, "metric": "cosine"}}}
        where = {"deployment_type": "managed", "cloud": self.place.host, "region": self.place.path}
        with calls.failures_told():
            if not self.client.indexes.exists(self.name):
                with contextlib.suppress(ConflictError):  # another process was faster
                    self.client.indexes.create(name=self.name, schema=schema, deployment=where, timeout=-1)
            calls.wait_until(lambda: self.client.indexes.describe(self.name).status.ready)

    def upsert(self, points: Sequence[Point]) -> None:
        written = None
        with calls.failures_told():
            for batch in batches(points, calls.records_at_once(self.dimensions)):
                written = self._opened().documents.upsert(namespace=NAMESPACE, documents=list(map(calls.record, batch)))
            self._wait_for(written)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        written = None
        with calls.failures_told(), self._nothing_written_yet():
            for batch in batches(chunk_ids, calls.WRITE_RECORDS):
                written = self._opened().documents.delete(namespace=NAMESPACE, ids=list(map(str, batch)))
            self._wait_for(written)

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        within = {COLLECTION_ID: {"$in": list(scope.collection_ids) or [0]}}  # an empty list is an error
        with calls.failures_told(), self._nothing_written_yet():
            found = self._search(vector.tolist(), top_k=min(k, MAX_FOUND), filter=within)
            return [Neighbour(int(record.id), record.score) for record in found.matches]
        return []

    def count(self) -> int:
        with calls.failures_told():
            return self._opened().describe_index_stats().total_vector_count

    def ids(self) -> Iterator[int]:
        page, token = None, None
        while page is None or token:
            with calls.failures_told(), self._nothing_written_yet():
                listed = self._opened().documents.list(namespace=NAMESPACE, limit=PAGE_IDS, pagination_token=token)
                page = next(listed.pages())
            if page is None:
                return
            token = page.pagination_token
            yield from (int(record.id) for record in page.items)

    def drop(self) -> None:
        self._index = None
        with calls.failures_told(), contextlib.suppress(NotFoundError):
            self.client.indexes.delete(self.name, timeout=-1)

    def health(self) -> str:
        with calls.failures_told():
            self.client.indexes.exists(self.name)
        return f"Pinecone, client {__version__}"

    def _opened(self) -> Index:
        if self._index is None:
            self._index = calls.open_index(self.client, self.name)
        return self._index

    def _search(self, vector: list[float], **how: Any) -> Any:
        nearest = [{"type": "dense_vector", "field": "vector", "values": vector}]
        return self._opened().documents.search(namespace=NAMESPACE, score_by=nearest, timeout=SEARCH_SECONDS, **how)

    def _wait_for(self, written: Any) -> None:
        """Until a search sees this write, and with it those before it."""
        committed = written and written.response_info.lsn_committed
        if committed is not None:  # otherwise Pinecone does not say
            any_vector = [1.0] + [0.0] * (self.dimensions - 1)
            calls.wait_until(lambda: self._search(any_vector, top_k=1).response_info.is_reconciled(committed))

    @contextlib.contextmanager
    def _nothing_written_yet(self) -> Iterator[None]:
        try:
            yield
        except NotFoundError:
            self._index = None
            if not self.client.indexes.exists(self.name):
                raise
