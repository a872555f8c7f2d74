"""Milvus Lite: its own server in a process, and its file inside the test's process."""

import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

from milvus_lite.server_manager import server_manager_instance
from pymilvus import MilvusClient

from bench.stack import HOST, free_port
from documents.vector_index.base import VectorEngine, VectorIndexUnavailable
from documents.vector_index.engines.milvus import MilvusEngine, open_engine
from documents.vector_index.places import Place
from qabot.supervisor import die_with_parent
from tests.documents.vector_index.contract import DOWN, RECALL, RESTART, SECRET, SLOW, Rig
from tests.site import hold_still, wait_until

STOP_SECONDS = 10
FILE = "milvus.db"


class MilvusServerRig(Rig):
    """`milvus-lite server`: what a cluster's client sends over the network, answered by the engine of one file."""

    title, kind = "milvus-lite", "live"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.opened: list[MilvusEngine] = []

    def start(self) -> None:
        program = Path(sys.executable).parent / "milvus-lite"
        place = ["--host", HOST, "--port", str(self.port), "--data-dir", str(self.folder / FILE)]
        with (self.folder / "milvus.log").open("ab") as log:
            self.server = subprocess.Popen(
                [program, "server", *place], stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        wait_until(self._listens)
        for engine in self.opened:  # they look for the server again once a second
            wait_until(partial(_answers, engine))

    def stop(self) -> None:
        """Without warning, as a machine fails: what it acknowledged must be there afterwards."""
        if self.server is not None:
            self.server.kill()
            self.server.wait(STOP_SECONDS)
            self.server = None

    def open(self, name: str, dimensions: int) -> MilvusEngine:
        self.opened.append(open_engine(Place("milvus", HOST, self.port, api_key=SECRET), name, dimensions))
        return self.opened[-1]

    def settle(self, engine: VectorEngine) -> None:
        """Out of memory, where Milvus compares one by one, into a file with its graph."""
        assert isinstance(engine, MilvusEngine)
        MilvusClient(f"http://{HOST}:{self.port}", token=SECRET).flush(engine.name)

    def slow_down(self, seconds: float) -> None:
        """Not slow, but silent: the process stands still, its port takes connections on."""
        if self.server is not None:
            hold_still(self.server, still=seconds > 0)

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


class MilvusFileRig(Rig):
    """The same engine in this process. A restart is what another process sees: the file closed, then opened again."""

    title, kind = "milvus-lite-file", "local"
    cannot = dict.fromkeys((DOWN, SLOW), "it runs in the test's own process") | {
        RECALL: "its server is the same engine",
        RESTART: "engines opened before are of a process that ended; test_milvus.py opens its file again",
    }

    @property
    def place(self) -> Place:
        return Place("milvus", path=str(self.folder / FILE))

    def start(self) -> None:
        """The first engine starts it."""

    def stop(self) -> None:
        server_manager_instance.release_server(self.place.path)

    def open(self, name: str, dimensions: int) -> MilvusEngine:
        return open_engine(self.place, name, dimensions)


def _answers(engine: MilvusEngine) -> bool:
    try:
        return bool(engine.health())
    except VectorIndexUnavailable:
        return False
