"""Pinecone on this machine: the requests its client sends over HTTP, control plane and data plane at one port.

It searches by comparing with every vector, and shows a write `lag` seconds after it acknowledged it, as Pinecone does:
counts, lists and searches are of what is shown, and searches tell how far that is in the log. What it holds outlives
`stop`. Limits are those of docs.pinecone.io/reference/api/database-limits.
"""

import itertools
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.stack import HOST
from tests.fakes.json_server import JsonHandler, start_server, stop_server

API_VERSION = "2026-07"
MAX_RECORDS, MAX_BYTES, MAX_PAGE, MAX_FOUND = 1_000, 2_000_000, 100, 10_000
NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeIndex:
    """One index: what was written, and what of it is shown."""

    name: str
    dimensions: int
    deployment: Mapping[str, str]
    looks_until_ready: int
    log: list[tuple[int, float, dict[str, Any]]] = field(default_factory=list)  # number, when, id -> record or None
    shown: dict[str, Any] = field(default_factory=dict)
    shown_to: int = 0
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    matrix: tuple[list[str], NDArray[np.float32], NDArray[np.int64]] | None = None

    def write(self, records: dict[str, Any]) -> int:
        self.log.append((next(self.numbers), time.monotonic(), records))
        return self.log[-1][0]

    def show(self, lag: float) -> None:
        """Let what is old enough be seen."""
        while self.log and self.log[0][1] + lag <= time.monotonic():
            self.shown_to, _, records = self.log.pop(0)
            self.shown = {key: value for key, value in (self.shown | records).items() if value is not None}
            self.matrix = None

    def arrays(self) -> tuple[list[str], NDArray[np.float32], NDArray[np.int64]]:
        if self.matrix is None:
            vectors = np.array([it["vector"] for it in self.shown.values()], np.float32).reshape(-1, self.dimensions)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            collections = np.array([it["collection_id"] for it in self.shown.values()], np.int64)
            self.matrix = list(self.shown), vectors, collections
        return self.matrix


@dataclass
class FakePinecone:
    """The server, between `start` and `stop`. `api_key` is the one it takes; `delay` comes before each answer."""

    api_key: str = "pc-key"
    delay: float = 0.0  # seconds
    lag: float = 0.0  # seconds
    status: int = 0  # answers every request with it, if it is given
    looks_until_ready: int = 0  # how often a new index is still "Initializing"
    numbered: bool = True  # writes and searches tell their place in the log
    port: int = 0  # any that is free, from the first start on
    requests: list[tuple[str, str, int, Any]] = field(default_factory=list)  # method, path, bytes, body
    indexes: dict[str, FakeIndex] = field(default_factory=dict)
    turn: Any = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._server = start_server(_Handler, self, self.port)
        self.port = self._server.server_port

    def stop(self) -> None:
        stop_server(self._server)
        self._server = None

    def answer(self, method: str, path: list[str], body: Any) -> tuple[Any, dict[str, str]]:
        match method, path:
            case "POST", ["indexes"]:
                return self._create(body), {}
            case "GET", ["indexes", name]:
                index = self._index(name)
                index.looks_until_ready -= 1
                return self._described(index), {}
            case "DELETE", ["indexes", name]:
                del self.indexes[self._index(name).name]
                return {}, {}
            case "POST", ["hosts", name, "describe_index_stats"]:
                index = self._index(name)
                index.show(self.lag)
                spaces = {"__default__": {"vectorCount": len(index.shown)}} if index.shown else {}
                return {"namespaces": spaces, "dimension": index.dimensions, "totalVectorCount": len(index.shown)}, {}
            case "POST", ["hosts", name, "namespaces", "__default__", "documents", verb]:
                return self._documents(self._index(name), verb, body)
        raise Refused(404, f"no such resource: {method} {'/'.join(path)}")

    def _index(self, name: str) -> FakeIndex:
        if name not in self.indexes:
            raise Refused(404, f"Resource {name} not found")
        return self.indexes[name]

    def _create(self, body: Any) -> Any:
        name, field_ = body["name"], only(body["schema"]["fields"], "vector")
        if len(name) > 45 or not set(name) <= NAME_LETTERS or body["deployment"]["deployment_type"] != "managed":
            raise Refused(400, "Name must consist of lower case alphanumeric characters or '-'")
        if name in self.indexes:
            raise Refused(409, f"Resource {name} already exists")
        if field_["type"] != "dense_vector" or field_["metric"] != "cosine":
            raise Refused(400, "not what QABot searches in")
        self.indexes[name] = FakeIndex(name, field_["dimension"], body["deployment"], self.looks_until_ready)
        return self._described(self.indexes[name])

    def _described(self, index: FakeIndex) -> Any:
        ready = index.looks_until_ready < 0
        return {
            "name": index.name,
            "status": {"ready": ready, "state": "Ready" if ready else "Initializing"},
            "host": f"{self.url}/hosts/{index.name}",
            "schema": {
                "fields": {"vector": {"type": "dense_vector", "dimension": index.dimensions, "metric": "cosine"}}
            },
            "deployment": index.deployment,
            "deletion_protection": "disabled",
        }

    def _documents(self, index: FakeIndex, verb: str, body: Any) -> tuple[Any, dict[str, str]]:
        if verb == "upsert":
            records = only(body, "documents")
            limited(records, MAX_RECORDS)
            for record in records:
                if len(record["vector"]) != index.dimensions or not isinstance(record["collection_id"], int):
                    raise Refused(400, f"document {record['_id']} does not fit the schema")
            written = index.write({record["_id"]: record for record in records})
            return {"upserted_count": len(records)}, self._header("x-pinecone-request-lsn", written)
        index.show(self.lag)
        if not index.shown and not index.log and not index.shown_to:
            raise Refused(404, "Namespace not found")
        if verb == "delete":
            ids = limited(only(body, "ids"), MAX_RECORDS)
            return {}, self._header("x-pinecone-request-lsn", index.write(dict.fromkeys(ids)))
        if verb == "list":
            return listed(index, body), {}
        if verb == "search":
            return found(index, body), self._header("x-pinecone-max-indexed-lsn", index.shown_to)
        raise Refused(404, verb)

    def _header(self, name: str, number: int) -> dict[str, str]:
        return {name: str(number)} if self.numbered else {}


def only(body: Mapping[str, Any], name: str) -> Any:
    if set(body) != {name}:
        raise Refused(400, f"{name} was expected, {', '.join(sorted(body))} came")
    return body[name]


def limited(items: list[Any], most: int) -> list[Any]:
    if not 1 <= len(items) <= most:
        raise Refused(400, f"between 1 and {most} were expected, {len(items)} came")
    return items


def listed(index: FakeIndex, body: Any) -> Any:
    ids = sorted(key for key in index.shown if key > (body.get("pagination_token") or ""))
    if not 1 <= body["limit"] <= MAX_PAGE:
        raise Refused(400, "limit is out of range")
    page = ids[: body["limit"]]
    more = {"pagination": {"next": page[-1]}} if len(ids) > len(page) else {}
    shown = [{"_id": key} for key in page]
    return {"documents": shown, "namespace": "__default__", "usage": {"read_units": 1}} | more


def found(index: FakeIndex, body: Any) -> Any:
    (clause,) = body["score_by"]
    if clause["type"] != "dense_vector" or clause["field"] != "vector" or len(clause["values"]) != index.dimensions:
        raise Refused(400, "score_by does not fit the schema")
    if not 1 <= body["top_k"] <= MAX_FOUND:
        raise Refused(400, "top_k is out of range")
    ids, vectors, collections = index.arrays()
    asked = np.array(clause["values"], np.float32)
    scores = vectors @ (asked / np.linalg.norm(asked))
    among = np.arange(len(ids))
    if body.get("filter") is not None:
        among = np.flatnonzero(
            np.isin(collections, limited(only(only(body["filter"], "collection_id"), "$in"), 10_000))
        )
    best = among[np.argsort(-scores[among], kind="stable")[: body["top_k"]]]
    matches = [{"_id": ids[at], "_score": float(scores[at])} for at in best]
    return {"matches": matches, "namespace": "__default__", "usage": {"read_units": 1}}


class _Handler(JsonHandler):
    fake: FakePinecone

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fake = self.fake
        body = json.loads(content or "null")
        fake.requests.append((self.command, self.path, len(content), body))
        time.sleep(fake.delay)
        try:
            self._check(content)
            with fake.turn:
                answer, headers = fake.answer(self.command, self.path[1:].split("/"), body)
        except Refused as refused:
            return self.send(refused.status, {"error": {"code": "REFUSED", "message": str(refused)}})
        except (KeyError, TypeError, ValueError) as error:
            return self.send(400, {"error": {"code": "INVALID_ARGUMENT", "message": repr(error)}})
        return self.send(200, answer, headers)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _check(self, content: bytes) -> None:
        key = self.headers.get("Api-Key", "")
        if self.fake.status:
            raise Refused(self.fake.status, f"Not for {key}")
        if key != self.fake.api_key:
            raise Refused(401, f"Invalid API key {key}")
        if self.headers.get("X-Pinecone-Api-Version") != API_VERSION:
            raise Refused(400, "another version of the API")
        if content and self.headers.get("Content-Type") != "application/json":
            raise Refused(415, "not JSON")
        if len(content) > MAX_BYTES:
            raise Refused(413, "Request size exceeds the maximum")
