"""What only Chroma has: where its client sends what, and what is told of answers that are not Chroma's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.engines.chroma import ChromaEngine, open_engine
from documents.vector_index.places import parse_place
from tests.documents.vector_index.contract import DIMENSIONS, SECRET, random_points, unit, within

COLLECTION: dict[str, Any] = {
    "id": "7b1c9f64-8a1e-4a53-9d0b-3f6a2f6f1c11",
    "name": "qabot_0a1b2c_1",
    "configuration_json": {},
    "metadata": None,
    "dimension": DIMENSIONS,
    "tenant": "acme",
    "database": "search",
    "version": 0,
    "log_position": 0,
}


class Answering(BaseHTTPRequestHandler):
    """Answers as it is told, and keeps what it was asked."""

    answers: dict[str, tuple[int, str]]  # by the end of the path
    asked: list[tuple[str, dict[str, str], Any]]

    def do_GET(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status, content = next(answer for end, answer in self.answers.items() if self.path.endswith(end))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Any]:
    class Handler(Answering):
        answers = {"/collections/qabot_0a1b2c_1": (200, json.dumps(COLLECTION)), "": (200, "{}")}
        asked = []

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield listening
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def engine(server) -> ChromaEngine:
    place = parse_place(f"chroma://127.0.0.1:{server.server_port}/acme/search", SECRET)
    return open_engine(place, COLLECTION["name"], DIMENSIONS)


def test_opening_asks_nothing(server, engine):
    assert server.RequestHandlerClass.asked == []


def test_tenant_database_and_key_are_the_places_own(server, engine):
    server.RequestHandlerClass.answers = {
        "/query": (200, json.dumps({"ids": [["5"]], "distances": [[0.25]], "include": ["distances"]})),
        **server.RequestHandlerClass.answers,
    }

    near = engine.search(unit(1), 3, within(7, 8))

    assert [(neighbour.chunk_id, neighbour.similarity) for neighbour in near] == [(5, 0.75)]
    path, headers, body = server.RequestHandlerClass.asked[-1]
    assert path == f"/api/v2/tenants/acme/databases/search/collections/{COLLECTION['id']}/query"
    assert headers["x-chroma-token"] == SECRET
    assert body["where"] == {"collection_id": {"$in": [7, 8]}}
    assert body["n_results"] == 3


def test_the_cloud_gets_no_more_records_at_once_than_it_takes(server):
    cloud = open_engine(parse_place("chroma://api.trychroma.com:443/acme/search?tls=1", SECRET), "a", DIMENSIONS)
    own = open_engine(parse_place("chroma://chroma.example.org"), "a", DIMENSIONS)

    assert (cloud.records, own.records) == (300, 1_000)


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (502, "<html>Bad gateway: " + SECRET + "</html>", "Chroma answers with status 502."),
        (200, "<html>Welcome</html>", "Chroma does not answer."),
        (401, json.dumps({"error": "AuthorizationError", "message": SECRET}), "Chroma refuses the key."),
        (404, json.dumps({"error": "NotFoundError", "message": SECRET}), "Chroma does not hold these vectors."),
        (429, json.dumps({"error": "RateLimitError", "message": SECRET}), "Chroma allows no more for now."),
        (400, json.dumps({"error": "InvalidArgumentError", "message": SECRET}), "Chroma answers with status 400."),
    ],
)
def test_a_refusal_is_told_without_what_the_server_said(server, engine, status, content, words):
    server.RequestHandlerClass.answers = {"": (status, content)}

    with pytest.raises(VectorIndexUnavailable) as raised:
        engine.upsert(random_points(1, [7]))

    assert str(raised.value) == words
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__, "a traceback in the log would show it"
