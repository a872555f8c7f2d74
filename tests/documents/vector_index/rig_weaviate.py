"""Weaviate: a fake of it on the loopback."""

from functools import partial
from pathlib import Path

from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.engines.weaviate import WeaviateEngine, open_engine
from documents.vector_index.places import Place
from tests.documents.vector_index.contract import SECRET, Rig
from tests.fakes.weaviate import HOST, FakeWeaviate
from tests.site import wait_until


class WeaviateRig(Rig):
    title, kind = "weaviate", "fake"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = FakeWeaviate(api_key=SECRET)
        self.opened: list[WeaviateEngine] = []

    def start(self) -> None:
        self.server.start()
        for engine in self.opened:  # they look for the gRPC server again once a second
            wait_until(partial(_answers, engine))

    def stop(self) -> None:
        self.server.stop()

    def open(self, name: str, dimensions: int) -> WeaviateEngine:
        options = {"grpc_port": str(self.server.grpc_port)}
        place = Place("weaviate", HOST, self.server.port, options=options, api_key=SECRET)
        self.opened.append(open_engine(place, name, dimensions))
        return self.opened[-1]

    def slow_down(self, seconds: float) -> None:
        self.server.delay = seconds


def _answers(engine: WeaviateEngine) -> bool:
    try:
        engine.count()
    except VectorIndexUnavailable as unavailable:
        return "does not answer" not in str(unavailable)
    return True
