"""How much memory all of QABot takes on one dyno at work: idle, and in the middle of a PDF of 213 pages with 20 asks.

What processes share counts once, so that figures add up (`bench/footprint.py`). PostgreSQL runs elsewhere and is not
counted. The figure is the most of each kind of process; "all" is the most of all of them at one moment. Both embedding
models are run, and the app of `bench/peers/` beside, whose one process does all of it, Chroma included.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bench.memory import MEGABYTE, PDF, Watch, index, looked_at, wait_for
from bench.peers.serving import Peer
from bench.performance.provider import Provider, fake_provider
from bench.performance.readers import Asked, ask_at_once
from bench.performance.rounds import Reach, Section, number
from bench.performance.streams import QUESTION, TEXT, WORDS_A_SECOND, answer
from bench.stack import Stack
from tests.small_pdf import make_pdf

ASKS = 20
ANSWER_SECONDS = 5.0
ASKING_SECONDS = 20  # how long is asked where nothing is indexed
LIMIT = 450  # MB, of the 512 there are
KINDS = ("web", "worker", "parser", "supervisor", "all")
DYNO = {"DYNO_RAM": "512", "WEB_CONCURRENCY": "2"}
Sizes = dict[str, int]  # bytes by kind of process


@dataclass
class Answered:
    """What became of the questions."""

    answered: int = 0
    failed: int = 0


@contextmanager
def asking(app: Asked) -> Iterator[Answered]:
    """Keep 20 answers under way at once, in waves of as many, until this is left."""
    over, asked = threading.Event(), Answered()

    def ask_again() -> None:
        while not over.is_set():
            readers = ask_at_once(app.port, app.key, [QUESTION] * ASKS, seconds=120)
            done = sum(reader.done is not None for reader in readers)
            asked.answered, asked.failed = asked.answered + done, asked.failed + len(readers) - done

    thread = threading.Thread(target=ask_again, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        over.set()
        thread.join()


def sizes(provider: Provider, *, local: bool, quick: bool) -> tuple[dict[str, Sizes], Answered]:
    """The most bytes of each kind of process, by what was being done; and what became of the questions meanwhile."""
    environment = {**DYNO, **provider.chat(), **({} if local else provider.embedding())}
    with Stack(environment) as stack:
        _, document = stack.upload("bees.txt", TEXT.encode())
        wait_for(stack, document["id"])
        for _ in range(8):  # each web process has answered
            stack.ask(QUESTION)
        found = {"idle": looked_at(stack, lambda: time.sleep(1 if quick else 5))}
        provider.be(f"slow:{1 / WORDS_A_SECOND}")
        with asking(stack) as alone:
            found[f"{ASKS} asks"] = looked_at(stack, lambda: time.sleep(5 if quick else ASKING_SECONDS))
        with asking(stack) as beside, Watch(stack) as watch:
            if quick:
                _, document = stack.upload("more.txt", TEXT.encode() * 2)
                wait_for(stack, document["id"])
            else:
                index(stack)
        found[f"{ASKS} asks, {'a file' if quick else PDF.name} indexed"] = watch.most
        provider.be("ok")
        found["idle again"] = looked_at(stack, lambda: time.sleep(1 if quick else 5))
        return found, Answered(alone.answered + beside.answered, alone.failed + beside.failed)


class PeerWatch(Watch):
    """The most memory of the app beside."""

    stack: Peer  # type: ignore[assignment]  # in the place of ours

    def processes(self) -> dict[str, list[psutil.Process]]:
        return {"app": self.stack.processes()}


def sizes_of_peer(provider: Provider, *, local: bool, quick: bool) -> tuple[dict[str, int], Answered]:
    """The most bytes of the app, by what was being done; and what became of the questions meanwhile."""
    environment = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "fake", "EMBEDDING_DIMENSIONS": "1536"}
    provider.be("ok")
    with Peer(environment | ({"LOCAL_MODEL": "1"} if local else {})) as peer:
        peer.upload("bees.pdf", make_pdf([[TEXT]]))
        ask_at_once(peer.port, peer.key, [QUESTION] * 4, seconds=60)
        most = {}
        with PeerWatch(peer) as watch:  # type: ignore[arg-type]  # as above
            time.sleep(1 if quick else 5)
        most["idle"] = watch.most["all"]
        provider.be(f"slow:{1 / WORDS_A_SECOND}")
        content = make_pdf([[TEXT]] * 9) if quick else PDF.read_bytes()
        with asking(peer) as answered, PeerWatch(peer) as watch:  # type: ignore[arg-type]
            peer.upload(PDF.name, content)
            watch.look()
        most["at work"] = watch.most["all"]
        return most, answered


def measure(quick: bool) -> list[Section]:
    with fake_provider(says=answer(1 if quick else ANSWER_SECONDS)) as provider:
        ours = [section(name, *sizes(provider, local=local, quick=quick)) for name, local in MODELS.items()]
        theirs = {name: sizes_of_peer(provider, local=local, quick=quick) for name, local in MODELS.items()}
        return [*ours, peer_section(theirs, quick)]


MODELS = {"embedding by a provider": False, "local model": True}


def section(name: str, found: dict[str, Sizes], asked: Answered) -> Section:
    rows = [
        [doing, *(f"{most.get(kind, 0) / MEGABYTE:.0f}" if most.get(kind) else "–" for kind in KINDS)]
        for doing, most in found.items()
    ]
    most = max(each["all"] for each in found.values()) / MEGABYTE
    notes = [f"Questions answered meanwhile: {asked.answered}, not answered: {asked.failed}."]
    notes += [f"The sum leaves {number(512 - most)} MB of 512."]
    title = f"Memory, two web processes and a worker, {name}"
    return Section(title, ["MB", *KINDS], rows, [Reach("all at most, MB", most, LIMIT)], notes, dict(found))


def peer_section(found: dict[str, tuple[dict[str, int], Answered]], quick: bool) -> Section:
    rows = [
        [name, *(f"{most[doing] / MEGABYTE:.0f}" for doing in ("idle", "at work")), f"{answered.answered}"]
        for name, (most, answered) in found.items()
    ]
    columns = ("MB", "idle", f"{ASKS} asks, {'a file' if quick else PDF.name} indexed", "answered meanwhile")
    notes = ["The local model is QABot's own in both apps: sentence-transformers and torch would take more."]
    figures: dict[str, object] = {name: most for name, (most, _) in found.items()}
    return Section("Memory of FastAPI + LangChain + Chroma, one process", columns, rows, notes=notes, figures=figures)
