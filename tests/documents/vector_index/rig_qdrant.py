"""Qdrant: its client's local mode, a fake server over HTTP, and a real one where QDRANT_URL names one."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from qdrant_client import QdrantClient

from documents.vector_index.engines.qdrant import QdrantEngine, open_engine
from documents.vector_index.places import Place
from tests.documents.vector_index.contract import DOWN, DROP, RECALL, RESTART, SECRET, SLOW, THREADS, Rig
from tests.fakes.qdrant import FakeQdrant

MEMORY = Path("/dev/shm")


class QdrantLocalRig(Rig):
    """Qdrant's client without a server. Its files are locked by the one process that has them open.

    They lie in memory where that can be: it waits for the disk after each point.
    """

    title, kind = "qdrant-local", "local"
    marks = (
        pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
        pytest.mark.filterwarnings("ignore:Local mode performs exact"),
    )
    cannot = {
        DOWN: "it runs in the test's own process",
        SLOW: "it runs in the test's own process",
        DROP: "its errors are not those of a server",
        THREADS: "its client is for one thread",
        RECALL: "it compares all vectors, and takes minutes to be filled",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.files = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder)
        self.opened: list[QdrantEngine] = []
        self.client: QdrantClient | None = None

    def start(self) -> None:
        self.client = QdrantClient(path=self.files.name)
        for engine in self.opened:
            engine.client = self.client

    def stop(self) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None

    def open(self, name: str, dimensions: int) -> QdrantEngine:
        if self.client is None:
            raise RuntimeError("not started")
        self.opened.append(QdrantEngine(self.client, name, dimensions))
        return self.opened[-1]


class QdrantFakeRig(Rig):
    """Its client's requests over HTTP."""

    title, kind = "qdrant-fake", "fake"
    cannot = {RECALL: "it compares all vectors, slowly"}
    marks = (pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection"),)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = FakeQdrant(api_key=SECRET)

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def open(self, name: str, dimensions: int) -> QdrantEngine:
        return open_engine(Place("qdrant", "127.0.0.1", self.server.port, api_key=SECRET), name, dimensions)

    def slow_down(self, seconds: float) -> None:
        self.server.delay = seconds


class QdrantServerRig(Rig):
    """QDRANT_URL, http://host:6333 for example, and QDRANT_API_KEY if it wants one."""

    title, kind = "qdrant-server", "live"
    cannot = dict.fromkeys((RESTART, DOWN, SLOW), "somebody else's server is not ours to stop")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        address = urlsplit(os.environ.get("QDRANT_URL", ""))
        if not address.hostname:
            pytest.skip("QDRANT_URL names no server")
        self.place = Place(
            "qdrant",
            address.hostname,
            address.port or 6333,
            address.path.strip("/"),
            {"tls": "1"} if address.scheme == "https" else {},
            os.environ.get("QDRANT_API_KEY", ""),
        )

    def start(self) -> None:
        """It runs already."""

    def stop(self) -> None:
        """It runs on."""

    def open(self, name: str, dimensions: int) -> QdrantEngine:
        return open_engine(self.place, name, dimensions)
