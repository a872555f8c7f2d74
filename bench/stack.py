"""Run QABot whole, as `bin/run` does, on a database of its own. Sees its processes; does nothing to them.

Everything listens on the loopback or a socket of the temporary folder, and ends with `Stack.stop`.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import psycopg

from qabot.embedded_postgres.server import DATABASE, SUPERUSER, EmbeddedPostgres
from qabot.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
# What runs QABot. The bench's own environment has packages that QABot does not, and loads some where it finds them.
PYTHON = os.environ.get("BENCH_PYTHON", sys.executable)
START_SECONDS = 180  # the first start makes a database and compresses static files, on a machine that is busy
STOP_SECONDS = 40
WEB_PROCESSES = 2
# Nothing of the developer's own: no provider, no other database, no limits on how often the bench asks.
ENVIRONMENT = {
    **dict.fromkeys(("DATABASE_URL", "DYNO", "SITE_URL", "OPENAI_API_KEY", "CHAT_BASE_URL", "EMBEDDING_BASE_URL"), ""),
    **dict.fromkeys(("ASK_RATE", "UPLOAD_RATE", "API_RATE"), "0"),
    "WORKER_IN_WEB": "1",
    "WORKER_CONCURRENCY": "1",  # on any machine; what measures how fast documents are indexed takes what is shipped
    "WEB_CONCURRENCY": str(WEB_PROCESSES),
    "LOG_LEVEL": "INFO",
}


class NoAnswer(Exception):
    """The server did not answer: it is down, or ended before it had answered."""


class Stack:
    """The supervisor, web server, worker, parsers and PostgreSQL of one temporary folder."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        # Not below a folder that others may not enter: PostgreSQL runs as a user of its own where we are root.
        self.folder = Path(tempfile.mkdtemp(prefix="qabot-bench-"))
        self.folder.chmod(0o711)
        self.port = free_port()
        self.postgres = EmbeddedPostgres(self.folder / "postgres")
        self.log = self.folder / "serve.log"
        self.environment = {**os.environ, **ENVIRONMENT, **(environment or {})}
        self.environment |= {"VAR_DIR": str(self.folder), "PORT": str(self.port)}
        self.key = ""
        self._serving: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Stack":
        try:
            self.start("--prepare")
            self.key = self.manage("api_key", "create", "bench", "--user", "admin").strip()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, *arguments: str) -> None:
        """Serve, and wait until it is ready. A port that an ended server still holds is waited for."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with self.log.open("ab") as log:
                command = [PYTHON, "manage.py", "serve", *arguments]
                self._serving = subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, preexec_fn=die_with_parent
                )
            while self._serving.poll() is None and time.monotonic() < deadline:
                if self.is_ready():
                    return
                time.sleep(0.1)
            time.sleep(0.5)
        raise SystemExit(f"QABot did not start:\n{self.log.read_text()[-3000:]}")

    def has_ended(self) -> bool:
        return self._serving is not None and self._serving.poll() is not None

    def stop(self) -> None:
        """End everything of this folder and remove it."""
        if self._serving is not None and self._serving.poll() is None:
            self._serving.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._serving.wait(STOP_SECONDS)
            self._serving.kill()
            self._serving.wait()
        with contextlib.suppress(Exception):
            self.postgres.ensure_running()
        self.postgres.stop_if_last()
        shutil.rmtree(self.folder, ignore_errors=True)

    def manage(self, *arguments: str) -> str:
        command = [PYTHON, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    # Its processes

    def supervisor(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            if self._serving is not None and self._serving.poll() is None:
                return psutil.Process(self._serving.pid)
        return None

    def web_master(self) -> psutil.Process | None:
        return _first(self._children("gunicorn"))

    def web(self) -> list[psutil.Process]:
        master = self.web_master()
        return _children(master) if master else []

    def workers(self) -> list[psutil.Process]:
        return self._children("manage.py worker")

    def worker(self) -> psutil.Process | None:
        return _first(self.workers())

    def parsers(self) -> list[psutil.Process]:
        children = [child for worker in self.workers() for child in _children(worker)]
        return [child for child in children if "documents.parsing.child" in _command(child)]

    def _children(self, name: str) -> list[psutil.Process]:
        supervisor = self.supervisor()
        return [child for child in _children(supervisor) if name in _command(child)] if supervisor else []

    # Its doors

    def is_ready(self) -> bool:
        try:
            return self.call("GET", "/readyz", timeout=5)[0] == 200
        except NoAnswer:
            return False

    def call(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", timeout: float = 60
    ) -> tuple[int, Any]:
        """The status and the JSON of an answer. Raises NoAnswer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if kind:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            json_sent = "json" in (response.headers.get("Content-Type") or "")
            return response.status, json.loads(text) if json_sent and text else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            connection.close()

    def ask(self, question: str) -> tuple[int, Any]:
        return self.call("POST", "/api/ask", json.dumps({"question": question}).encode(), "application/json")

    def upload(self, name: str, content: bytes) -> tuple[int, Any]:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{boundary}--\r\n".encode()
        return self.call("POST", "/api/documents", body, f"multipart/form-data; boundary={boundary}")

    @contextlib.contextmanager
    def database(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection past the application. Raises psycopg.OperationalError while the server is down."""
        host = str(self.postgres.socket_directory)
        with psycopg.connect(
            host=host, user=SUPERUSER, dbname=DATABASE, autocommit=True, connect_timeout=5
        ) as connection:
            yield connection

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database() as connection:
            return connection.execute(query.encode(), values or None).fetchall()


def wait_until(condition: Callable[[], object], seconds: float, step: float = 0.05) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def kill(process: psutil.Process) -> bool:
    """Kill -9 one process; False if it had ended by itself."""
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def machine() -> str:
    """What figures were taken on."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GB, Python {sys.version.split()[0]}"


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [child for child in process.children() if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _first(processes: list[psutil.Process]) -> psutil.Process | None:
    return processes[0] if processes else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number
