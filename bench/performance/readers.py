"""Readers who all ask at the same moment and read their answers as streams, and one who looks whether the server lives.

The readers share one thread, so that they take little of the processor they are measured on. Knows nothing of QABot but
how its streams look.
"""

import json
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Protocol

from bench.performance.rounds import percentile

HOST = "127.0.0.1"
READ_BYTES = 65_536
KEPT_BYTES = 40  # of what was read already: a word that is looked for may come in two pieces
LOOK_SECONDS = 0.025


class Asked(Protocol):
    """An app that answers at /api/ask."""

    port: int
    key: str


@dataclass
class Reader:
    """One question's stream. Times are seconds since all were asked; None for what never came."""

    connection: socket.socket
    status: int = 0
    first_byte: float | None = None  # of the body
    first_word: float | None = None
    done: float | None = None  # the last event, with the whole answer
    tail: bytes = b""

    def take(self, content: bytes, at: float) -> None:
        seen = self.tail + content
        if self.first_byte is None:
            head, end, body = seen.partition(b"\r\n\r\n")
            if not end or not body:
                self.tail = seen
                return
            self.status, self.first_byte, seen = int(head.split(b" ", 2)[1]), at, body
        if self.first_word is None and b"event: delta" in seen:
            self.first_word = at
        if b"event: done" in seen:
            self.done = at
        self.tail = seen[-KEPT_BYTES:]


def ask_at_once(port: int, key: str, questions: list[str], seconds: float) -> list[Reader]:
    """Ask all of the questions at the same moment; read until every stream has ended, or for so long."""
    with selectors.DefaultSelector() as selector:
        readers = [Reader(socket.create_connection((HOST, port))) for _ in questions]
        begun = time.perf_counter()
        for reader, question in zip(readers, questions, strict=True):
            reader.connection.sendall(_request(key, question))
            selector.register(reader.connection, selectors.EVENT_READ, reader)
        while selector.get_map() and time.perf_counter() - begun < seconds:
            for found, _ in selector.select(timeout=0.5):
                content = b""
                with suppress(ConnectionError):
                    content = found.data.connection.recv(READ_BYTES)
                if content:
                    found.data.take(content, time.perf_counter() - begun)
                else:
                    # At once, as a browser does: gunicorn waits for it, and accepts nobody meanwhile.
                    selector.unregister(found.data.connection)
                    found.data.connection.close()
        for reader in readers:
            reader.connection.close()
    return readers


def _request(key: str, question: str) -> bytes:
    body = json.dumps({"question": question, "stream": True}).encode()
    lines = ["POST /api/ask HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {key}", "Connection: close"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Healthz:
    """Seconds that each look at /healthz took, on a new connection every time; a failed look counts as a minute."""

    took: list[float] = field(default_factory=list)

    def look(self, port: int) -> None:
        begun = time.perf_counter()
        connection = HTTPConnection(HOST, port, timeout=60)
        failed = True
        with suppress(OSError, HTTPException):
            connection.request("GET", "/healthz")
            failed = connection.getresponse().status != 200
        connection.close()
        self.took.append(60.0 if failed else time.perf_counter() - begun)

    def median(self) -> float:
        return statistics.median(self.took)

    def p95(self) -> float:
        return percentile(self.took, 0.95)


@contextmanager
def looking(port: int) -> Iterator[Healthz]:
    """Look again and again while this is entered."""
    seen, over = Healthz(), threading.Event()

    def look_again() -> None:
        while not over.wait(LOOK_SECONDS):
            seen.look(port)

    thread = threading.Thread(target=look_again, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
