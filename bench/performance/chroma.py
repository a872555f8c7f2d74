"""The Chroma server that is measured beside: `chroma run` with its defaults, cosine distance, its own HTTP client.

Each set of vectors lies in a folder of its own. A server that has loaded a collection goes on with the ef it was loaded
with, whatever is set later (seen with 1.5.9): another ef is set on a server that was just started, before it is asked.
"""

import contextlib
import shutil
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api import ClientAPI, CreateCollectionConfiguration
from numpy.typing import NDArray

from bench.performance.rounds import EFS, recall
from bench.stack import HOST, free_port
from qabot.supervisor import die_with_parent

START_SECONDS = 60
NAME = "bench"  # of the collection
BATCH = 2_000  # vectors sent at a time


@contextlib.contextmanager
def chroma_server(data: Path, ef_search: int | None = None) -> Iterator[int]:
    """The port of a server of this folder's vectors, with its default ef unless another is given.

    It ends with this block, and with this process.
    """
    port = free_port()
    program = Path(sys.executable).parent / "chroma"
    command = [str(program), "run", "--host", HOST, "--port", str(port), "--path", str(data)]
    with data.with_suffix(".log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)
    try:
        _wait(server, port)
        if ef_search is not None:
            _collection(port).modify(configuration={"hnsw": {"ef_search": ef_search}})
        yield port
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait()


def fill_chroma(data: Path, vectors: NDArray[np.float32]) -> float:
    """Lay vectors into a folder, the first as id "1"; seconds it took, 0 if they were there."""
    if data.exists():
        return 0.0
    unfinished = data.with_name(f"{data.name}-filling")
    shutil.rmtree(unfinished, ignore_errors=True)
    with chroma_server(unfinished) as port:
        begun = time.perf_counter()
        configuration: CreateCollectionConfiguration = {"hnsw": {"space": "cosine"}}
        collection = connect(port).create_collection(NAME, configuration=configuration, embedding_function=None)
        for start in range(0, len(vectors), BATCH):
            rows = np.asarray(vectors[start : start + BATCH])
            collection.add(ids=[str(start + number + 1) for number in range(len(rows))], embeddings=rows)
        took = time.perf_counter() - begun
    unfinished.rename(data)
    return took


def least_chroma_ef(
    data: Path, questions_file: Path, k: int, exact: Sequence[Sequence[int]], wanted: float
) -> tuple[int, float]:
    """The least of EFS with which as much of the exact answers is found as wanted, and how much that is."""
    found: dict[int, float] = {}

    def found_with(ef_search: int) -> float:
        with chroma_server(data, ef_search) as port:
            search = open_chroma(port, questions_file, k)
            found[ef_search] = recall([search(at)[: len(exact[0])] for at in range(len(exact))], exact)
        return found[ef_search]

    least = EFS[min(bisect_left(EFS, wanted, key=found_with), len(EFS) - 1)]
    return least, found[least] if least in found else found_with(least)


def connect(port: int) -> ClientAPI:
    return chromadb.HttpClient(host=HOST, port=port, settings=chromadb.Settings(anonymized_telemetry=False))


def _collection(port: int) -> chromadb.Collection:
    return connect(port).get_collection(NAME, embedding_function=None)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(Exception):  # of the client's many kinds: it is not there yet
            connect(port).heartbeat()
            return
        time.sleep(0.2)
    raise SystemExit("The Chroma server did not start.")


def open_chroma(port: int, questions_file: Path, k: int) -> Callable[[int], list[int]]:
    """A contender (see bench/performance/clients.py)."""
    collection = _collection(port)
    questions = np.load(questions_file)

    def search(at: int) -> list[int]:
        found = collection.query(query_embeddings=questions[at : at + 1], n_results=k, include=["distances"])
        return [int(number) for number in found["ids"][0]]

    return search
