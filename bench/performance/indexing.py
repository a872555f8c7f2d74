"""Filings parsed, chunked and stored, pages a second: QABot through its worker, beside the app of `bench/peers/`.

Both have their chunks embedded by the fake provider, whose vectors take little time; what they take is measured at the
provider's door and taken off. Filings are read where they are, some in each round; without them, pages are made up.
QABot's time is from the first upload until the last is searchable, its worker's wait for work included. It also weighs
words for the lexical leg, confines the parser and keeps the originals, which the app does not.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psutil

from bench.memory import INDEXING_SECONDS, PDF
from bench.peers.serving import Peer
from bench.performance.door import embedding_seconds
from bench.performance.provider import Provider, fake_provider
from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.stack import Stack, wait_until
from tests.small_pdf import make_pdf

OURS, PEER = "QABot", "FastAPI + LangChain + Chroma"
DIMENSIONS = 384
ROUNDS, QUICK_ROUNDS = 4, 2
TIMES_THE_PEER = 5
BATCH = 96  # texts of a request to the provider
LOOK_SECONDS = 0.1  # between two looks whether documents are ready
Files = list[tuple[str, bytes]]


def measure(quick: bool) -> list[Section]:
    with fake_provider() as provider:
        door = embedding_seconds(provider, DIMENSIONS, ["It holds 40,000 bees in summer. " * 31] * BATCH) / BATCH
        return [section(run(provider, door, quick), door, quick)]


def run(provider: Provider, door: float, quick: bool) -> Rounds:
    dimensions = {"EMBEDDING_DIMENSIONS": str(DIMENSIONS)}
    theirs = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "fake", **dimensions}
    shipped = {"WORKER_CONCURRENCY": "2"}
    with ExitStack() as running:
        stack = running.enter_context(Stack(provider.chat() | provider.embedding() | dimensions | shipped))
        peer = running.enter_context(Peer(theirs))
        contenders = {
            OURS: indexed_by(lambda files: index(stack, files), filings(quick), door),
            PEER: indexed_by(lambda files: index_by_peer(peer, files), filings(quick), door),
        }
        return run_rounds(contenders, QUICK_ROUNDS if quick else ROUNDS)


def filings(quick: bool) -> Iterator[Files]:
    """The files of each round, of the warm-up first."""
    yield [made("warm-up", 5)]
    if quick or not PDF.exists():
        rounds = QUICK_ROUNDS if quick else ROUNDS
        yield from ([made(f"{turn}-{house}", 5 if quick else 60) for house in range(3)] for turn in range(rounds))
    else:
        paths = sorted(PDF.parent.glob("*.pdf"))
        yield from ([(path.name, path.read_bytes()) for path in paths[turn::ROUNDS]] for turn in range(ROUNDS))


def made(name: str, pages: int) -> tuple[str, bytes]:
    lines = [
        [f"On page {page} hive {year} of {name} held {year * 7:,} bees." for year in range(40)] for page in range(pages)
    ]
    return f"{name}.pdf", make_pdf(lines)


def indexed_by(
    index_files: "Callable[[Files], Counted]", rounds: Iterator[Files], door: float
) -> Callable[[], Figures]:
    """A contender that indexes the next round's files each time."""

    def once() -> Figures:
        files = next(rounds)
        begun = time.perf_counter()
        pages, chunks, processor = index_files(files)
        took = time.perf_counter() - begun
        without_embedding = took - door * chunks
        return {
            "pages_s": pages / without_embedding,
            "pages": pages,
            "chunks": chunks,
            "took": took,
            "without_embedding": without_embedding,
            "cores": processor / took,
        }

    return once


Counted = tuple[int, int, float]  # pages, chunks, seconds of the processor


def index(stack: Stack, files: Files) -> Counted:
    workers = stack.workers()
    used = processor_seconds(workers)
    documents = [stack.upload(name, content)[1]["id"] for name, content in files]
    shown = indexed(stack, documents)
    used = processor_seconds(workers) - used
    return sum(each["pages"] for each in shown), sum(each["chunks"] for each in shown), used


def indexed(stack: Stack, documents: list[int]) -> list[dict[str, Any]]:
    """What is said of these documents once none is worked on any more."""
    shown: list[dict[str, Any]] = []

    def over() -> bool:
        shown[:] = [stack.call("GET", f"/api/documents/{document}")[1] for document in documents]
        return all(each["status"] in ("ready", "failed") for each in shown)

    if not wait_until(over, INDEXING_SECONDS, LOOK_SECONDS):
        raise SystemExit("The documents were not indexed in time.")
    if failed := [each["name"] for each in shown if each["status"] == "failed"]:
        raise SystemExit(f"Not indexed: {', '.join(failed)}")
    return shown


def index_by_peer(peer: Peer, files: Files) -> Counted:
    used = processor_seconds(peer.processes())
    counted = [peer.upload(name, content) for name, content in files]
    used = processor_seconds(peer.processes()) - used
    return sum(each["pages"] for each in counted), sum(each["chunks"] for each in counted), used


def processor_seconds(processes: list[psutil.Process]) -> float:
    """What they took until now, with their children that have ended: parsers."""
    return sum(sum(process.cpu_times()[:4]) for process in processes)


def section(shown: Rounds, door: float, quick: bool) -> Section:
    def total(who: str, figure: str) -> float:
        return sum(one[figure] for one in shown.figures[who])

    rows = [
        [
            who,
            *(number(total(who, figure)) for figure in ("pages", "chunks", "took", "without_embedding")),
            number(total(who, "pages") / total(who, "without_embedding")),
            number(shown.median(who, "cores")),
        ]
        for who in shown.figures
    ]
    reaches = [
        Reach("pages/s beside the app", shown.ratio("pages_s", OURS, PEER), TIMES_THE_PEER, at_least=True),
    ]
    notes = [
        f"The provider takes {1_000 * door:.2f} ms to embed a chunk.",
        "Cores: the processor's seconds a second, of QABot those of its workers and their parsers, PostgreSQL apart.",
    ]
    columns = ("", "pages", "chunks", "s", "s without embedding", "pages/s", "cores")
    made_up = "" if PDF.exists() and not quick else ", pages made up"
    figures = {who: [*each] for who, each in shown.figures.items()}
    return Section(f"Parsed, chunked and stored{made_up}", columns, rows, reaches, notes, figures)
