"""Ask the fake provider itself what an app would ask it for a question: what the models take is no app's doing."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from bench.performance.provider import Provider

SECONDS = 60
EMBEDDING_MODEL = "text-embedding-3-small"


def ask_provider(provider: Provider, dimensions: int | None, questions: Sequence[str]) -> list[tuple[float, float]]:
    """Seconds until the first word and the last, of each question asked at the same moment.

    Each is embedded before, unless `dimensions` is None.
    """
    with ThreadPoolExecutor(len(questions)) as crew:
        return list(crew.map(lambda question: _ask(provider, dimensions, question), questions))


def embedding_seconds(provider: Provider, dimensions: int, texts: Sequence[str]) -> float:
    """How long the provider takes to embed these in one request."""
    begun = time.perf_counter()
    with closing(_connection(provider)) as connection:
        _embed(connection, dimensions, texts)
    return time.perf_counter() - begun


def _ask(provider: Provider, dimensions: int | None, question: str) -> tuple[float, float]:
    begun = time.perf_counter()
    with closing(_connection(provider)) as connection:
        if dimensions is not None:
            _embed(connection, dimensions, [question])
        message = {"role": "user", "content": question}
        _post(connection, "chat/completions", {"model": "fake-chat", "stream": True, "messages": [message]})
        first = 0.0
        for line in iter(connection.getresponse().readline, b""):
            # The first piece names the role, and holds no word.
            if not first and line.startswith(b"data:") and b'"content": ""' not in line:
                first = time.perf_counter() - begun
    return first, time.perf_counter() - begun


def _embed(connection: HTTPConnection, dimensions: int, texts: Sequence[str]) -> None:
    _post(connection, "embeddings", {"model": EMBEDDING_MODEL, "input": [*texts], "dimensions": dimensions})
    json.loads(connection.getresponse().read())


def _post(connection: HTTPConnection, path: str, body: dict[str, Any]) -> None:
    connection.request("POST", f"/v1/{path}", json.dumps(body), {"Content-Type": "application/json"})


def _connection(provider: Provider) -> HTTPConnection:
    return HTTPConnection(urlsplit(provider.base_url).netloc, timeout=SECONDS)
