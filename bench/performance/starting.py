"""How long QABot takes to start: `bin/run` in a fresh clone, again, and from a start to the first page and answer.

The clone is a copy of this checkout's files in a temporary folder. Its first start makes a virtual environment and
installs the packages from the index that pip is set to, or from pip's cache; then come first starts with the packages
there (a database is made, static files are compressed), then second ones. PostgreSQL is the embedded one and starts
with each of them. `--quick` installs nothing and runs what `bin/run` runs, with the packages of this checkout.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

import psutil

from bench.performance.provider import fake_provider
from bench.performance.rounds import Reach, Section
from bench.stack import ENVIRONMENT, HOST, ROOT, STOP_SECONDS, free_port
from qabot.supervisor import die_with_parent

INSTALL_SECONDS, START_SECONDS = 1_200, 300
QUESTION = "How many bees live in a hive in summer?"
TEXT = b"Bees make honey. A hive holds 40,000 bees in summer."
PAGE, PROCESSOR, ANSWER = "page", "processor", "answer"


@dataclass
class Clone:
    """A copy of this checkout, and the environment that it is run in."""

    folder: Path
    port: int
    command: list[str]
    environment: dict[str, str]
    key: str = ""
    serving: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, seconds: float = START_SECONDS) -> dict[str, float]:
        """Seconds until a page comes, the processor's until then, and until an answer (where there is a key)."""
        begun = time.perf_counter()
        with (self.folder.parent / "log").open("ab") as log:
            self.serving = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        while self.status("GET", "/") not in (200, 302):
            if self.serving.poll() is not None or time.perf_counter() - begun > seconds:
                raise SystemExit((self.folder.parent / "log").read_text()[-3_000:])
            time.sleep(0.02)
        took = {PAGE: time.perf_counter() - begun, PROCESSOR: processor_seconds(self.serving.pid)}
        if self.key:
            while self.status("POST", "/api/ask", {"question": QUESTION}) != 200:
                if time.perf_counter() - begun > seconds:
                    raise SystemExit("No question was answered.")
                time.sleep(0.05)
            took[ANSWER] = time.perf_counter() - begun
        return took

    def stop(self) -> None:
        if self.serving is not None and self.serving.poll() is None:
            self.serving.terminate()
            self.serving.wait(STOP_SECONDS)

    def forget(self) -> None:
        """Be a clone again that was never started."""
        shutil.rmtree(self.folder / "var", ignore_errors=True)
        shutil.rmtree(self.folder / "staticfiles", ignore_errors=True)
        self.key = ""

    def fill(self) -> None:
        """Have something to ask about, and a key; it is running."""
        self.key = self.manage("api_key", "create", "bench", "--user", "admin")
        document = self.folder.parent / "bees.txt"
        document.write_bytes(TEXT)
        self.manage("ingest", str(document), "--wait")

    def manage(self, *arguments: str) -> str:
        command = [self.python(), "manage.py", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr[-3_000:])
        return done.stdout.strip()

    def python(self) -> str:
        own = self.folder / ".venv" / "bin" / "python"
        return str(own) if own.exists() else sys.executable

    def status(self, method: str, path: str, body: Mapping[str, str] | None = None) -> int:
        """Of an answer; 0 where nobody answers."""
        connection = HTTPConnection(HOST, self.port, timeout=60)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if body else {})
        with contextlib.suppress(OSError, HTTPException):
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        return 0


@contextlib.contextmanager
def clone(command: list[str], environment: Mapping[str, str]) -> Iterator[Clone]:
    port = free_port()
    own = {**os.environ, **ENVIRONMENT, **environment, "PORT": str(port)}
    own.pop("VAR_DIR", None)
    with tempfile.TemporaryDirectory(prefix="qabot-bench-") as name:
        above = Path(name)
        above.chmod(0o711)  # PostgreSQL runs as a user of its own where we are root
        made = Clone(above / "qabot", port, command, own)
        listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
        for path in listed.splitlines():
            if (ROOT / path).is_file():
                (made.folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, made.folder / path)
        try:
            yield made
        finally:
            made.stop()


def measure(quick: bool) -> list[Section]:
    rounds = 1 if quick else 3
    rows: list[list[str]] = []
    command = [sys.executable, "manage.py", "serve", "--prepare"] if quick else ["bin/run"]
    with fake_provider() as provider, clone(command, {}) as fresh:
        if not quick:
            rows.append(row("a fresh clone, packages installed", [fresh.start(INSTALL_SECONDS)]))
            fresh.stop()
        first, second, hosted = [], [], []
        for _ in range(rounds):
            fresh.forget()
            first.append(fresh.start())
            fresh.fill()
            fresh.stop()
            second.append(fresh.start())
            fresh.stop()
            without = dict(fresh.environment)
            fresh.environment |= provider.chat()
            hosted.append(fresh.start())
            fresh.stop()
            fresh.environment = without
        rows += [
            row("first start, packages there", first),
            row("second start", second),
            row("second start, answers by a provider", hosted),
        ]
    reaches = [Reach("second start to a page, s", median(each[PAGE] for each in second), 5)]
    figures: dict[str, object] = {"first": first, "second": second, "hosted": hosted}
    notes = [f"Medians of {rounds}; the first line was done once. Embedding is by the local model."]
    return [
        Section(
            "Starting, seconds", ["", "until a page", "… processor", "until an answer"], rows, reaches, notes, figures
        )
    ]


def processor_seconds(pid: int) -> float:
    """Of a process and its children until now, ended ones included; PostgreSQL is none of them."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return sum(sum(one.cpu_times()[:4]) for one in (process, *process.children(recursive=True)))
    return 0.0


def row(name: str, starts: list[dict[str, float]]) -> list[str]:
    shown = [[each[figure] for each in starts if figure in each] for figure in (PAGE, PROCESSOR, ANSWER)]
    return [name, *(f"{median(values):.1f}" if values else "–" for values in shown)]
