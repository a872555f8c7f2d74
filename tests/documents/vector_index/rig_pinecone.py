"""Pinecone: a fake of it on the loopback."""

from pathlib import Path

from documents.vector_index.engines.pinecone import PineconeEngine, open_engine
from documents.vector_index.places import Place
from tests.documents.vector_index.contract import SECRET, Rig
from tests.fakes.pinecone import FakePinecone


class PineconeRig(Rig):
    title, kind = "pinecone", "fake"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = FakePinecone(api_key=SECRET)

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def open(self, name: str, dimensions: int) -> PineconeEngine:
        place = Place("pinecone", "aws", path="us-east-1", options={"host": self.server.url}, api_key=SECRET)
        return open_engine(place, name, dimensions)

    def slow_down(self, seconds: float) -> None:
        self.server.delay = seconds
