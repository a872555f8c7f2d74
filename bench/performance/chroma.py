"""The Chroma server that is measured beside: `chroma run` with its defaults, cosine distance, its own HTTP client."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from numpy.typing import NDArray

from bench.stack import HOST, free_port
from qabot.supervisor import die_with_parent

START_SECONDS = 60
BATCH = 2_000  # vectors sent at a time


@contextlib.contextmanager
def chroma_server(folder: Path) -> Iterator[int]:
    """Its port. It ends with this block, and with this process."""
    port = free_port()
    program = Path(sys.executable).parent / "chroma"
    command = [str(program), "run", "--host", HOST, "--port", str(port), "--path", str(folder / "chroma")]
    with (folder / "chroma.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)
    try:
        _wait(server, port)
        yield port
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait()


def fill_chroma(port: int, name: str, vectors: NDArray[np.float32]) -> float:
    """Lay vectors into a collection, the first as id "1"; seconds it took, 0 if they were there."""
    client = connect(port)
    with contextlib.suppress(Exception):  # what there is to catch differs from version to version
        if client.get_collection(name, embedding_function=None).count() == len(vectors):
            return 0.0
        client.delete_collection(name)
    begun = time.perf_counter()
    collection = client.create_collection(name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
    for start in range(0, len(vectors), BATCH):
        rows = np.asarray(vectors[start : start + BATCH])
        collection.add(ids=[str(start + number + 1) for number in range(len(rows))], embeddings=rows)
    return time.perf_counter() - begun


def set_ef(port: int, name: str, ef_search: int) -> None:
    """For when the server next loads the collection: one that is loaded goes on as before (seen with 1.5.9)."""
    collection = connect(port).get_collection(name, embedding_function=None)
    collection.modify(configuration={"hnsw": {"ef_search": ef_search}})


def connect(port: int) -> ClientAPI:
    return chromadb.HttpClient(host=HOST, port=port, settings=chromadb.Settings(anonymized_telemetry=False))


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(Exception):  # of the client's many kinds: it is not there yet
            connect(port).heartbeat()
            return
        time.sleep(0.2)
    raise SystemExit("The Chroma server did not start.")


def open_chroma(port: int, name: str, questions_file: Path, k: int) -> Callable[[int], list[int]]:
    """A contender (see bench/performance/clients.py)."""
    collection = connect(port).get_collection(name, embedding_function=None)
    questions = np.load(questions_file)

    def search(at: int) -> list[int]:
        found = collection.query(query_embeddings=questions[at : at + 1], n_results=k, include=["distances"])
        return [int(number) for number in found["ids"][0]]

    return search
