"""Pinecone, by its official client: one serverless index of documents, named by chunk id in decimal digits.

Pinecone shows what it acknowledged a moment later. A write therefore waits until a search says that it has come as far
in Pinecone's log: one search or more for each write, charged as any other. Where it has not within 30 seconds, the
write fails, to be repeated. `count` comes from Pinecone's statistics, which may be behind for longer.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pinecone
from numpy.typing import NDArray
from pinecone import ApiError, Index, NotFoundError, Pinecone, PineconeError, PineconeTimeoutError, RetryConfig

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point
from documents.vector_index.engines import calling
from documents.vector_index.engines.calling import COLLECTION_ID, SEARCH_SECONDS, WRITE_SECONDS, batches
from documents.vector_index.places import Place
from qabot import waiting

WRITE_RECORDS, PAGE_IDS, MAX_FOUND = 1_000, 100, 10_000  # docs.pinecone.io/reference/api/database-limits
UPSERT_BYTES, NUMBER_BYTES, RECORD_BYTES = 1_900_000, 12, 100  # of 2 MB; a number has DECIMALS
DECIMALS = 7
NAMESPACE = "__default__"  # there from the first write on
LOOK_SECONDS = 0.3  # between two looks at what is awaited
NO_RETRIES = RetryConfig(max_retries=0)  # four attempts of five seconds are twenty: whoever calls tries again


def open_engine(place: Place, name: str, dimensions: int) -> "PineconeEngine":
    """Asks nothing of the server yet. Pinecone's names have hyphens for our underscores."""
    with calling.failures_told("Pinecone", (pinecone.PineconeValueError,), lambda _: "needs a key, PINECONE_API_KEY"):
        client = Pinecone(place.api_key, host=place.options.get("host"), timeout=WRITE_SECONDS, retry_config=NO_RETRIES)
    return PineconeEngine(client, place, name.replace("_", "-"), dimensions)


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
        with _told():
            if not self.client.indexes.exists(self.name):
                with contextlib.suppress(pinecone.ConflictError):  # another process was faster
                    self.client.indexes.create(name=self.name, schema=schema, deployment=where, timeout=-1)
            _wait_until(lambda: self.client.indexes.describe(self.name).status.ready)

    def upsert(self, points: Sequence[Point]) -> None:
        fit = max(1, UPSERT_BYTES // (NUMBER_BYTES * self.dimensions + RECORD_BYTES))
        written = None
        with _told():
            for batch in batches(points, min(WRITE_RECORDS, fit)):
                records = [_record(point) for point in batch]
                written = self._opened().documents.upsert(namespace=NAMESPACE, documents=records)
            self._wait_for(written)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        written = None
        with _told(), self._nothing_written_yet():
            for batch in batches(chunk_ids, WRITE_RECORDS):
                ids = [str(chunk_id) for chunk_id in batch]
                written = self._opened().documents.delete(namespace=NAMESPACE, ids=ids)
            self._wait_for(written)

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        within = {COLLECTION_ID: {"$in": list(scope.collection_ids)}}
        if scope.collection_ids:
            with _told(), self._nothing_written_yet():
                found = self._search(vector.tolist(), top_k=min(k, MAX_FOUND), filter=within)
                return [Neighbour(int(record.id), record.score) for record in found.matches]
        return []

    def count(self) -> int:
        with _told():
            return self._opened().describe_index_stats().total_vector_count

    def ids(self) -> Iterator[int]:
        page, token = None, None
        while page is None or token:
            with _told(), self._nothing_written_yet():
                listed = self._opened().documents.list(namespace=NAMESPACE, limit=PAGE_IDS, pagination_token=token)
                page = next(listed.pages())
            if page is None:
                return
            token = page.pagination_token
            yield from (int(record.id) for record in page.items)

    def drop(self) -> None:
        self._index = None
        with _told(), contextlib.suppress(NotFoundError):
            self.client.indexes.delete(self.name, timeout=-1)

    def health(self) -> str:
        with _told():
            self.client.indexes.exists(self.name)
        return f"Pinecone, client {pinecone.__version__}"

    def _opened(self) -> Index:
        if self._index is None:
            index = self.client.index(self.name)
            vars(index._http._client._transport)["_config"] = NO_RETRIES  # Index itself takes no retry_config
            self._index = index
        return self._index

    def _search(self, vector: list[float], **how: Any) -> Any:
        nearest = [{"type": "dense_vector", "field": "vector", "values": vector}]
        return self._opened().documents.search(namespace=NAMESPACE, score_by=nearest, timeout=SEARCH_SECONDS, **how)

    def _wait_for(self, written: Any) -> None:
        """Until a search sees this write, and with it those before it."""
        committed = written and written.response_info.lsn_committed
        if committed is not None:  # otherwise Pinecone does not say
            any_vector = [1.0] + [0.0] * (self.dimensions - 1)
            _wait_until(lambda: self._search(any_vector, top_k=1).response_info.is_reconciled(committed))

    @contextlib.contextmanager
    def _nothing_written_yet(self) -> Iterator[None]:
        try:
            yield
        except NotFoundError:
            self._index = None
            if not self.client.indexes.exists(self.name):
                raise


def _record(point: Point) -> dict[str, Any]:
    vector = np.round(point.vector.astype(np.float64), DECIMALS).tolist()
    return {"_id": str(point.chunk_id), "vector": vector, COLLECTION_ID: point.collection_id}


def _wait_until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + WRITE_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise PineconeTimeoutError("not in time")
        waiting.sleep(LOOK_SECONDS)


def _told() -> contextlib.AbstractContextManager[None]:
    return calling.failures_told("Pinecone", (PineconeError,), _words)


def _words(error: PineconeError) -> str:
    if isinstance(error, pinecone.PineconeValueError):  # an index that is still being made has no address
        return calling.words_of(503)
    return calling.words_of(error.status_code if isinstance(error, ApiError) else None)
