"""The whole site on a test's database: a real gunicorn and, where wanted, a real worker, spoken to over HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

SECONDS = 60  # that anything may take on a slow machine
LOOK_SECONDS = 0.05


def database_url(**instead: object) -> str:
    """The address of the test's database; `host` and `port` may be another way to it."""
    connection.ensure_connection()
    info = connection.connection.info
    at = {"host": info.host, "port": info.port} | instead
    who = f"{info.user}:{info.password}" if info.password else info.user
    return f"postgres://{who}@{str(at['host']).replace('/', '%2F')}:{at['port']}/{connection.settings_dict['NAME']}"


def wait_until(condition: Callable[[], object], seconds: float = SECONDS) -> float:
    """How long it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "it took too long"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - begun


class Answering:
    """A question that was sent; what comes is read line by line, or the connection is closed before."""

    def __init__(self, port: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self.connection.request(
            "POST", "/api/ask", json.dumps(body), {**headers, "Content-Type": "application/json", "Host": "localhost"}
        )

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """All events of the stream, read to its end; a stream that is cut off ends with one called `cut off`."""
        found: list[tuple[str, dict[str, Any]]] = []
        name = ""
        try:
            for line in self.connection.getresponse():
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    found.append((name, json.loads(line[6:])))
        except (OSError, http.client.HTTPException):
            found.append(("cut off", {}))
        return found

    def leave(self) -> None:
        """Close the connection, as a browser does whose page is left."""
        if self.connection.sock is not None:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Site:
    """Gunicorn with the project's configuration; `log` is all it has printed."""

    def __init__(self, log: Path, *arguments: str, key: str = "", **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.environment = environment_of(environment) | {"PORT": str(self.port)}
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        self._wait()

    def ask(self, question: str, **body: Any) -> Answering:
        return Answering(self.port, self.headers, {"question": question, **body})

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """The status, and the JSON if it is any."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        client.request(method, path, body, {**self.headers, "Host": "localhost", **headers})
        response = client.getresponse()
        text = response.read()
        client.close()
        return response.status, json.loads(text) if "json" in response.headers.get("Content-Type", "") else text

    def _wait(self) -> None:
        def is_up() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                return False
            return True

        wait_until(is_up)


def environment_of(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of the site: nothing of the developer's own, no limits on how often it is asked."""
    nothing = ("OPENAI_API_KEY", "CHAT_BASE_URL", "EMBEDDING_BASE_URL", "DYNO", "SITE_URL")
    rates = dict.fromkeys(("ASK_RATE", "UPLOAD_RATE", "API_RATE"), "0")
    own = {**os.environ, **dict.fromkeys(nothing, ""), **rates, "WEB_CONCURRENCY": "1"}
    return own | ({} if "DATABASE_URL" in changes else {"DATABASE_URL": database_url()}) | dict(changes)


def hold_still(process: subprocess.Popen[bytes], *, still: bool) -> None:
    """Have a process stand still, all its threads by the time this returns; or go on."""
    process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)
    if still:
        os.waitpid(process.pid, os.WUNTRACED)


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Ends it, at first kindly, whatever happens."""
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()
