"""Chroma, by its official client over HTTP: records are named by chunk id, in decimal digits.

What a server has acknowledged, every search finds that begins afterwards. Its filter looks the scope's chunks up one by
one: a search takes longer the more there are.
"""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
from chromadb.api.fastapi import FastAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT
from numpy.typing import NDArray

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point
from documents.vector_index.engines.calling import COLLECTION_ID, SEARCH_SECONDS, WRITE_SECONDS, batches
from documents.vector_index.engines.chroma_http import answers_told, open_server
from documents.vector_index.places import Place

SEARCH_EF = 400  # candidates while searching: recall@10 of 1.00 among 20,000, measured; the default of 100 had .997
SERVER_RECORDS = 1_000  # written or read at a time: 21 MB with 4,000 dimensions; a server takes 40 MB
NOT_FOUND = 404
CLOUD, CLOUD_RECORDS = "trychroma.com", 300  # it takes no more: docs.trychroma.com/cloud/quotas-limits


def open_engine(place: Place, name: str, dimensions: int) -> "ChromaEngine":
    """Asks nothing of the server yet, which takes the dimensions from the first vector."""
    return ChromaEngine(place, name)


class ChromaEngine:
    """One of Chroma's collections. Its own id is asked for once, and again when the server does not know it."""

    def __init__(self, place: Place, name: str) -> None:
        self.name = name
        self.records = CLOUD_RECORDS if place.host.endswith(CLOUD) else SERVER_RECORDS
        tenant, _, database = place.path.partition("/")
        self.where: dict[str, Any] = {"tenant": tenant or DEFAULT_TENANT, "database": database or DEFAULT_DATABASE}
        self.searching, self.writing = open_server(place, SEARCH_SECONDS), open_server(place, WRITE_SECONDS)
        self._model = functools.cache(lambda: self.writing.get_collection(name, **self.where))

    def ensure(self) -> None:
        hnsw: Any = {"space": "cosine", "ef_search": SEARCH_EF}
        with self._told():
            self.writing.create_collection(self.name, configuration={"hnsw": hnsw}, get_or_create=True, **self.where)
        self._model.cache_clear()

    def upsert(self, points: Sequence[Point]) -> None:
        for batch in batches(points, self.records):
            with self._told():
                self._collection(self.writing).upsert(
                    ids=[str(point.chunk_id) for point in batch],
                    embeddings=np.array([point.vector for point in batch]),
                    metadatas=[{COLLECTION_ID: point.collection_id} for point in batch],
                )

    def delete(self, chunk_ids: Sequence[int]) -> None:
        for batch in batches(chunk_ids, self.records):
            with self._told():
                self._collection(self.writing).delete(ids=[str(chunk_id) for chunk_id in batch])

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        if not scope.collection_ids:
            return []  # an empty list is an error to Chroma
        within: Any = {COLLECTION_ID: {"$in": list(scope.collection_ids)}}
        with self._told():
            found = self._collection(self.searching).query(
                query_embeddings=vector[np.newaxis], n_results=k, where=within, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [Neighbour(int(record), 1 - far) for record, far in zip(found["ids"][0], distances[0], strict=True)]

    def count(self) -> int:
        with self._told():
            return self._collection(self.writing).count()

    def ids(self) -> Iterator[int]:
        read, page = 0, [""]
        while page:
            with self._told():
                page = self._collection(self.writing).get(include=[], limit=self.records, offset=read)["ids"]
            yield from map(int, page)
            read += len(page)

    def drop(self) -> None:
        with self._told():
            try:
                self.writing.delete_collection(self.name, **self.where)
            except httpx.HTTPStatusError as error:
                if error.response.status_code != NOT_FOUND:
                    raise

    def health(self) -> str:
        with self._told():
            return f"Chroma {self.searching.get_version()}"

    def _collection(self, server: FastAPI) -> Collection:
        return Collection(client=server, model=self._model(), embedding_function=None)

    @contextmanager
    def _told(self) -> Iterator[None]:
        with answers_told():
            try:
                yield
            except httpx.HTTPStatusError:
                self._model.cache_clear()
                raise
