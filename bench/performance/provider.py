"""The fake provider in a process of its own, so that what it does takes nothing of the clients' time."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.fakes import provider as fake
from tests.fakes.provider import FakeProvider

WAITING = 512  # connections at once: a queue of five, the library's, would make them wait where ours do not


@dataclass(frozen=True)
class Provider:
    """Its address, as QABot's settings take it."""

    base_url: str

    def be(self, mode: str) -> None:
        """Change how it answers from now on."""
        request = urllib.request.Request(
            self.base_url.removesuffix("/v1") + "/mode", json.dumps({"mode": mode}).encode()
        )
        urllib.request.urlopen(request, timeout=10).close()

    def chat(self) -> dict[str, str]:
        return {"CHAT_BASE_URL": self.base_url, "CHAT_MODEL": "fake-chat", "CHAT_API_KEY": "fake"}

    def embedding(self) -> dict[str, str]:
        return {"EMBEDDING_BASE_URL": self.base_url, "EMBEDDING_API_KEY": "fake"}


@contextmanager
def fake_provider(says: str = "", mode: str = "ok") -> Iterator[Provider]:
    """It answers with `says`, or, without that, with a sentence of the passages."""
    spawning = get_context("spawn")  # a fork would share our threads' locks
    here, there = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(there, says, mode), daemon=True)
    process.start()
    there.close()
    try:
        yield Provider(here.recv())
    finally:
        here.close()
        process.join(10)
        process.kill()


def _serve(pipe: Connection, says: str, mode: str) -> None:
    fake._Server.request_queue_size = WAITING
    fake._Handler.disable_nagle_algorithm = True  # as every provider: a word must not wait for the last one's receipt
    with FakeProvider(mode, says=says) as provider:
        pipe.send(provider.base_url)
        try:
            pipe.recv()
        except EOFError:
            return
