"""Chroma: its real server, `chroma run` of the chromadb package."""

import subprocess
import sys
from pathlib import Path

import httpx

from bench.stack import HOST, free_port
from documents.vector_index.engines.chroma import ChromaEngine, open_engine
from documents.vector_index.places import Place
from qabot.supervisor import die_with_parent
from tests.documents.vector_index.contract import SECRET, Rig
from tests.site import hold_still, wait_until

STOP_SECONDS = 10


class ChromaRig(Rig):
    title, kind = "chroma", "live"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = str(Path(sys.executable).parent / "chroma")
        command = [program, "run", "--host", HOST, "--port", str(self.port), "--path", str(self.folder / "chroma")]
        with (self.folder / "chroma.log").open("ab") as log:
            self.server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(self._answers)

    def stop(self) -> None:
        """Without warning, as a machine fails: what it acknowledged must be there afterwards."""
        if self.server is not None:
            self.server.kill()
            self.server.wait(STOP_SECONDS)
            self.server = None

    def open(self, name: str, dimensions: int) -> ChromaEngine:
        return open_engine(Place("chroma", HOST, self.port, api_key=SECRET), name, dimensions)

    def slow_down(self, seconds: float) -> None:
        """Not slow, but silent: the process stands still, its port takes connections on."""
        if self.server is not None:
            hold_still(self.server, still=seconds > 0)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://{HOST}:{self.port}/api/v2/heartbeat").is_success
        except httpx.HTTPError:
            return False
