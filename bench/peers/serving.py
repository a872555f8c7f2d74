"""Run the peer app, alone or with a Chroma server beside it. Does nothing to it but upload: others ask at its port."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
import psutil

from bench.performance.chroma import chroma_server
from bench.stack import HOST, ROOT, free_port, wait_until
from qabot.supervisor import die_with_parent

START_SECONDS = 120
UPLOAD_SECONDS = 1_800


class Peer:
    """The app of bench/peers/app.py in a folder of its own, from `with` to its end.

    With more than one process Chroma is a server: inside of a process it is nobody else's.
    """

    key = ""  # nobody has to show one

    def __init__(self, environment: Mapping[str, str], processes: int = 1) -> None:
        self.port = free_port()
        self._environment = {**os.environ, **environment, "LANGSMITH_TRACING": "false", "ANONYMIZED_TELEMETRY": "False"}
        self._processes = processes
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        with self._exits as starting:
            folder = Path(tempfile.mkdtemp(prefix="qabot-peer-"))
            starting.callback(shutil.rmtree, folder, ignore_errors=True)
            self._environment["CHROMA_FOLDER"] = str(folder / "chroma")
            if self._processes > 1:
                port = starting.enter_context(chroma_server(folder / "chroma"))
                self._environment["CHROMA_PORT"] = str(port)
            self._log = folder / "peer.log"
            self._serve()
            self._exits = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _serve(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "bench.peers.app:app", "--host", HOST, "--port", str(self.port)]
        command += ["--workers", str(self._processes), "--log-level", "warning"]
        with self._log.open("wb") as output:
            serving = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output, preexec_fn=die_with_parent
            )
        self._exits.callback(_end, serving)
        if not wait_until(lambda: self._is_ready() or serving.poll() is not None, START_SECONDS, step=0.2):
            raise SystemExit("The peer app did not start in time.")
        if serving.poll() is not None:
            raise SystemExit(f"The peer app did not start:\n{self._log.read_text()[-3000:]}")
        self._serving = psutil.Process(serving.pid)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://{HOST}:{self.port}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def upload(self, name: str, content: bytes) -> dict[str, int]:
        """Pages and chunks of a PDF, once it is indexed."""
        files = {"file": (name, content, "application/pdf")}
        reply = httpx.post(f"http://{HOST}:{self.port}/api/documents", files=files, timeout=UPLOAD_SECONDS)
        if reply.status_code != httpx.codes.OK:
            raise SystemExit(f"The peer app did not take {name}:\n{self._log.read_text()[-3000:]}")
        counted: dict[str, int] = reply.json()
        return counted

    def processes(self) -> list[psutil.Process]:
        """Those of the app; a Chroma server is not among them."""
        return [self._serving, *self._serving.children(recursive=True)]


def _end(serving: "subprocess.Popen[bytes]") -> None:
    serving.terminate()
    try:
        serving.wait(20)
    except subprocess.TimeoutExpired:
        serving.kill()
        serving.wait()
