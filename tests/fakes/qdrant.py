"""A Qdrant server on this machine: the requests its client sends over HTTP, done by the client's own local mode.

Requests are read by the client's models, which know no further fields. As a server in strict mode does, it refuses to
filter by a field that has no index. What it holds outlives `stop`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import QdrantClient, models

from tests.fakes.json_server import JsonHandler, start_server, stop_server

VERSION = {"title": "qdrant - vector search engine", "version": "1.20.0"}


@dataclass
class FakeQdrant:
    """The server, between `start` and `stop`. `api_key` is the one it takes; `delay` comes before each answer."""

    api_key: str = ""
    delay: float = 0.0  # seconds
    status: int = 0  # answers every request with it, if it is given
    port: int = 0  # any that is free, from the first start on
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, query
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.local = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.indexed: set[tuple[str, str]] = set()
        self.turn = threading.Lock()  # local mode is not made for threads

    def start(self) -> None:
        self._server = start_server(_Handler, self, self.port)
        self.port = self._server.server_port

    def stop(self) -> None:
        stop_server(self._server)
        self._server = None

    def answer(self, method: str, path: list[str], body: Any) -> Any:
        """The `result` of one request; LookupError for what there is not, ValueError for what is wrong."""
        match method, path:
            case "GET", [""]:
                return VERSION
            case "GET", ["collections", name, "exists"]:
                return {"exists": self.local.collection_exists(name)}
            case "PUT", ["collections", name]:
                asked = models.CreateCollection.model_validate(body)
                return self.local.create_collection(name, vectors_config=asked.vectors)
            case "DELETE", ["collections", name]:
                return self.local.delete_collection(name)
            case _, ["collections", name, *what] if self.local.collection_exists(name):
                return self._answer_of(name, method, "/".join(what), body)
        raise LookupError(f"{method} {path}")

    def _answer_of(self, name: str, method: str, what: str, body: Any) -> Any:
        known: dict[tuple[str, str], Callable[[str, Any], Any]] = {
            ("PUT", "index"): self._index,
            ("PUT", "points"): self._upsert,
            ("POST", "points/delete"): self._delete,
            ("POST", "points/query"): self._query,
            ("POST", "points/scroll"): self._scroll,
            ("POST", "points/count"): self._count,
        }
        return known[method, what](name, body)

    def _index(self, name: str, body: Any) -> Any:
        self.indexed.add((name, models.CreateFieldIndex.model_validate(body).field_name))
        return {"operation_id": 0, "status": "completed"}

    def _upsert(self, name: str, body: Any) -> Any:
        return self.local.upsert(name, models.PointsBatch.model_validate(body).batch)

    def _delete(self, name: str, body: Any) -> Any:
        return self.local.delete(name, models.PointIdsList.model_validate(body))

    def _query(self, name: str, body: Any) -> Any:
        asked = models.QueryRequest.model_validate(body)
        for condition in TypeAdapter(list[models.FieldCondition]).validate_python(body["filter"]["must"]):
            if (name, condition.key) not in self.indexed:
                raise ValueError(f"no index of {condition.key}")
        return self.local.query_points(name, asked.query, query_filter=asked.filter, limit=asked.limit or 10)

    def _scroll(self, name: str, body: Any) -> Any:
        asked = models.ScrollRequest.model_validate(body)
        records, after = self.local.scroll(name, limit=asked.limit or 10, offset=asked.offset, with_payload=False)
        return models.ScrollResult(points=records, next_page_offset=after)

    def _count(self, name: str, body: Any) -> Any:
        return self.local.count(name, exact=bool(models.CountRequest.model_validate(body).exact))


class _Handler(JsonHandler):
    fake: FakeQdrant

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        parts = urlsplit(self.path)
        body = self.read()
        fake = self.fake
        fake.requests.append((self.command, parts.path, dict(parse_qsl(parts.query))))
        time.sleep(fake.delay)
        if fake.status:
            return self.send(fake.status, {"status": {"error": f"says {fake.api_key}"}})
        if self.headers.get("api-key", "") != fake.api_key:
            return self.send(401, {"status": {"error": f"wrong key {self.headers.get('api-key')}"}})
        try:
            with fake.turn:
                result = fake.answer(self.command, parts.path[1:].split("/"), body)
        except (LookupError, ValidationError, ValueError) as error:
            return self.send(404 if isinstance(error, LookupError) else 400, {"status": {"error": str(error)}})
        if parts.path == "/":
            return self.send(200, result)
        shown = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
        return self.send(200, {"result": shown, "status": "ok", "time": 0.0})

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls
