"""Pinecone's client: how it is made, how soon it gives up, what it is waited for, and what its errors say."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pinecone
from pinecone import ApiError, Index, Pinecone, PineconeError, PineconeTimeoutError, RetryConfig

from documents.vector_index.base import Point
from documents.vector_index.engines import calling
from documents.vector_index.engines.calling import COLLECTION_ID, WRITE_SECONDS
from documents.vector_index.places import Place
from qabot import waiting

WRITE_RECORDS = 1_000  # docs.pinecone.io/reference/api/database-limits
UPSERT_BYTES, NUMBER_BYTES, RECORD_BYTES = 1_900_000, 12, 100  # of 2 MB; a number has DECIMALS
DECIMALS = 7
LOOK_SECONDS = 0.3  # between two looks at what is awaited
NO_RETRIES = RetryConfig(max_retries=0)  # four attempts of five seconds are twenty: whoever calls tries again


def connect(place: Place) -> Pinecone:
    """Asks nothing of the server yet."""
    with calling.failures_told("Pinecone", (pinecone.PineconeValueError,), lambda _: "needs a key, PINECONE_API_KEY"):
        return Pinecone(place.api_key, host=place.options.get("host"), timeout=WRITE_SECONDS, retry_config=NO_RETRIES)


def open_index(client: Pinecone, name: str) -> Index:
    index = client.index(name)
    vars(index._http._client._transport)["_config"] = NO_RETRIES  # Index itself takes no retry_config
    return index


def records_at_once(dimensions: int) -> int:
    return min(WRITE_RECORDS, max(1, UPSERT_BYTES // (NUMBER_BYTES * dimensions + RECORD_BYTES)))


def record(point: Point) -> dict[str, Any]:
    vector = np.round(point.vector.astype(np.float64), DECIMALS).tolist()
    return {"_id": str(point.chunk_id), "vector": vector, COLLECTION_ID: point.collection_id}


def wait_until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + WRITE_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise PineconeTimeoutError("not in time")
        waiting.sleep(LOOK_SECONDS)


def failures_told() -> contextlib.AbstractContextManager[None]:
    return calling.failures_told("Pinecone", (PineconeError,), _words)


def _words(error: PineconeError) -> str:
    if isinstance(error, pinecone.PineconeValueError):  # an index that is still being made has no address
        return calling.words_of(503)
    return calling.words_of(error.status_code if isinstance(error, ApiError) else None)
