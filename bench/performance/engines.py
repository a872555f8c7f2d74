"""Vector engines that run on this machine beside pgvector, each with the settings it is shipped with.

All hold the same vectors and are asked the same questions in the same scopes, by one client and by eight. A Qdrant
server is asked where QDRANT_URL names one. What QABot does with an engine's answer, a look into Postgres, is left out:
`bin/bench asking` measures all of it.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from pymilvus import MilvusClient, MilvusException

from answers.retrieval import CANDIDATES
from bench.performance import database
from bench.performance.chroma import chroma_server
from bench.performance.clients import Crew, Search
from bench.performance.corpus import Corpus, fill
from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.performance.scopes import EVERYTHING, exact_within, scopes
from bench.performance.semantic import OURS, Pace, crew, latencies_of, recall_of, shown_by
from bench.stack import HOST, free_port
from documents.scope import Scope
from documents.vector_index.base import Point, VectorEngine, VectorIndexUnavailable
from documents.vector_index.opening import open_engine
from documents.vector_index.places import parse_place
from qabot.supervisor import die_with_parent

SIZES, QUICK_SIZES = ((100_000, 384),), ((2_000, 384),)
PACE, QUICK_PACE = Pace(rounds=5, seconds=1.0), Pace(rounds=2, seconds=0.3)
LEAST_RECALL = 0.95
BATCH = 500  # vectors sent at a time, as a worker does
START_SECONDS = 60
NAME = "qabot_bench_1"

Scopes = Sequence[tuple[str, list[int], Sequence[int]]]


def measure(quick: bool) -> list[Section]:
    database.open_server()
    return [measure_engines(Corpus(*size, database.folder()), QUICK_PACE if quick else PACE) for size in sizes(quick)]


def sizes(quick: bool) -> Sequence[tuple[int, int]]:
    if chosen := os.environ.get("BENCH_SIZES"):
        return [(int(chunks), int(dimensions)) for chunks, dimensions in (one.split("x") for one in chosen.split(","))]
    return QUICK_SIZES if quick else SIZES


def measure_engines(corpus: Corpus, pace: Pace) -> Section:
    took = {OURS: sum(fill(corpus).get(step, 0.0) for step in ("rows", "HNSW"))}
    parts = scopes(corpus)
    with ExitStack() as stack:
        places = places_of(corpus, stack)
        for name, url in places.items():
            took[name] = fill_engine(corpus, url)
        asking = {
            (name, part[0]): stack.enter_context(crew_of(corpus, url, *part))
            for name, url in {OURS: "", **places}.items()
            for part in parts
        }
        exact = {name: exact_within(corpus, members) for name, _, members in parts}
        recalls = {key: recall_of(each, exact[key[1]]) for key, each in asking.items()}
        rounds = run_rounds(contenders(asking, pace), pace.rounds)
        for url in places.values():
            opened(url, corpus.dimensions).drop()
    return section(corpus, recalls, rounds, took)


def contenders(asking: Mapping[tuple[str, str], Crew], pace: Pace) -> dict[str, Callable[[], Figures]]:
    """Eight clients ask for everything; a part is asked for by one."""
    return {
        title(key): partial(shown_by if key[1] == EVERYTHING else latencies_of, each, pace)
        for key, each in asking.items()
    }


def title(key: tuple[str, str]) -> str:
    return f"{key[0]}, {key[1]}"


def places_of(corpus: Corpus, stack: ExitStack) -> dict[str, str]:
    """The engines' titles and VECTOR_INDEX_URLs; servers of ours end with the stack."""
    places = {
        "Chroma server": f"chroma://{HOST}:{stack.enter_context(chroma_server(corpus.file('engine-chroma')))}",
        "Milvus Lite server": f"milvus://{HOST}:{stack.enter_context(milvus_server(corpus.file('engine-milvus')))}",
    }
    address = urlsplit(os.environ.get("QDRANT_URL", ""))
    if address.hostname:
        tls = int(address.scheme == "https")
        places["Qdrant server"] = f"qdrant://{address.hostname}:{address.port or 6333}{address.path}?tls={tls}"
    return places


@contextlib.contextmanager
def milvus_server(data: Path) -> Iterator[int]:
    """The port of `milvus-lite server`. It ends with this block, and with this process."""
    port = free_port()
    program = str(Path(sys.executable).parent / "milvus-lite")
    command = [program, "server", "--host", HOST, "--port", str(port), "--data-dir", str(data)]
    with data.with_suffix(".log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            with contextlib.suppress(VectorIndexUnavailable):
                opened(f"milvus://{HOST}:{port}", 1).health()
                break
            time.sleep(0.2)
        yield port
    finally:
        server.kill()
        server.wait()


def opened(url: str, dimensions: int) -> VectorEngine:
    return open_engine(parse_place(url, os.environ.get("QDRANT_API_KEY", "")), NAME, dimensions)


def fill_engine(corpus: Corpus, url: str) -> float:
    """Lay all vectors into an engine, in the collections of the database; seconds it took."""
    collections = [ids[0] for _, ids, _ in scopes(corpus)[:-1]]
    rest = scopes(corpus)[-1][1][-1]
    of_chunk = [[*collections, rest][at] for at in corpus.collections]
    engine = opened(url, corpus.dimensions)
    engine.drop()
    begun = time.perf_counter()
    engine.ensure()
    for start in range(0, corpus.chunks, BATCH):
        rows = np.array(corpus.vectors[start : start + BATCH])
        engine.upsert(
            [Point(start + at + 1, of_chunk[start + at], vector) for at, vector in enumerate(rows)],
        )
    if url.startswith("milvus"):
        settle_milvus(url)
    return time.perf_counter() - begun


def settle_milvus(url: str) -> None:
    """Have it build the graph now, which a server does in its own time; until then it compares all."""
    with contextlib.suppress(MilvusException):
        MilvusClient(url.replace("milvus:", "http:")).flush(NAME)


def crew_of(corpus: Corpus, url: str, name: str, collections: list[int], members: Sequence[int]) -> Crew:
    asked = {
        "questions_file": corpus.file("questions.npy"),
        "k": CANDIDATES,
        "collections": collections,
    }
    processes = 2 if name == EVERYTHING else 1
    if url:
        more = {"url": url, "dimensions": corpus.dimensions, "chunks": len(members)}
        return crew("bench.performance.engines:open_contender", asked | more, corpus, processes, threads=4)
    more = {"name": corpus.name}
    return crew("bench.performance.semantic:open_pgvector", asked | more, corpus, processes, threads=4)


def open_contender(
    url: str, dimensions: int, questions_file: Path, k: int, collections: Sequence[int], chunks: int
) -> Search:
    """A contender (see bench/performance/clients.py): what `CopiedIndex` calls."""
    engine = opened(url, dimensions)
    questions = np.load(questions_file)
    scope = Scope(collection_ids=tuple(collections), document_ids=None, chunks=chunks)
    return lambda at: [near.chunk_id for near in engine.search(questions[at], k, scope)]


def section(
    corpus: Corpus, recalls: Mapping[tuple[str, str], float], rounds: Rounds, took: Mapping[str, float]
) -> Section:
    rows = []
    for key, recalled in recalls.items():
        shown = [number(rounds.median(title(key), figure)) for figure in ("p50", "p95")]
        many = number(rounds.median(title(key), "requests_s")) if key[1] == EVERYTHING else "–"
        beside = number(rounds.ratio("p50", title(key), title((OURS, key[1]))))
        rows.append([title(key), f"{recalled:.4f}", *shown, beside, many])
    return Section(
        f"Engines over {corpus}, {CANDIDATES} neighbours asked for",
        ("engine, scope", "recall@10", "p50 ms", "p95 ms", "p50, times QABot's own", "requests/s, 8 clients"),
        rows,
        [Reach(f"{title(key)}: recall@10", found, LEAST_RECALL, at_least=True) for key, found in recalls.items()],
        [f"seconds to fill: {', '.join(f'{name} {seconds:.0f}' for name, seconds in took.items())}"],
        dict(rounds.figures),
    )
