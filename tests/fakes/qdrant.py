"""A Qdrant server on this machine: the requests its client sends over HTTP, done by the client's own local mode.

Requests are read by the client's models, which know no further fields. As a server in strict mode does, it refuses to
filter by a field that has no index. What it holds outlives `stop`.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import QdrantClient, models

from bench.stack import HOST, free_port

VERSION = {"title": "qdrant - vector search engine", "version": "1.20.0"}


@dataclass
class FakeQdrant:
    """The server, between `start` and `stop`. `api_key` is the one it takes; `delay` comes before each answer."""

    api_key: str = ""
    delay: float = 0.0  # seconds
    status: int = 0  # answers every request with it, if it is given
    port: int = field(default_factory=free_port)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, query
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.local = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.indexed: set[tuple[str, str]] = set()
        self.turn = threading.Lock()  # local mode is not made for threads

    def start(self) -> None:
        fake = self

        class Handler(_Handler):
            server_knows = fake

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
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


class _Handler(BaseHTTPRequestHandler):
    server_knows: FakeQdrant

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        fake = self.server_knows
        fake.requests.append((self.command, parts.path, dict(parse_qsl(parts.query))))
        time.sleep(fake.delay)
        if fake.status:
            return self._send(fake.status, {"status": {"error": f"says {fake.api_key}"}})
        if self.headers.get("api-key", "") != fake.api_key:
            return self._send(401, {"status": {"error": f"wrong key {self.headers.get('api-key')}"}})
        try:
            with fake.turn:
                result = fake.answer(self.command, parts.path[1:].split("/"), body)
        except (LookupError, ValidationError, ValueError) as error:
            return self._send(404 if isinstance(error, LookupError) else 400, {"status": {"error": str(error)}})
        if parts.path == "/":
            return self._send(200, result)
        shown = result.model_dump(mode="json") if isinstance(result, BaseModel) else result
        return self._send(200, {"result": shown, "status": "ok", "time": 0.0})

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _send(self, status: int, answer: Any) -> None:
        content = json.dumps(answer).encode()
        with contextlib.suppress(ConnectionError):  # the client gave up
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""
