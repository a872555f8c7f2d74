"""Many answers at once from one dyno's web processes: 64 readers ask at the same moment, each answer takes 10 seconds.

Shown are when the last of them has its first byte and its first word, how long /healthz takes meanwhile and when
nothing else happens, how many database connections and threads are used, and how much memory. Beside what is shipped
stands a lower `MAX_STREAMS`. The model is the fake provider, a process on the same machine.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bench.memory import MEGABYTE, Watch, wait_for
from bench.performance.provider import Provider, fake_provider
from bench.performance.readers import ask_at_once, looking
from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.stack import ROOT, Stack

STREAMS = 64
ANSWER_SECONDS = 10.0
WORDS_A_SECOND = 20  # what hosted models of 2026 write
# A worker would have connections of its own, which nobody can tell from the web processes' afterwards.
DYNO = {"DYNO_RAM": "512", "WEB_CONCURRENCY": "2", "WORKER_IN_WEB": "0"}
# MAX_STREAMS, None for the default; whether the local model embeds the questions
CONTENDERS = {"as shipped": (None, False), "as shipped, local model": (None, True), "MAX_STREAMS=24": (24, False)}
FACT = "A hive holds 40,000 bees in summer"
TEXT = f"Bees make honey. {FACT}. In winter there are fewer. Drones leave in autumn."
QUESTION = "How many bees live in a hive in summer?"
CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Most:
    """The most database connections at once of all that runs, and the most threads of the web processes."""

    stack: Stack
    connections: int = 0
    threads: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def counted(self) -> Iterator["Most"]:
        thread = threading.Thread(target=self._count, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _count(self) -> None:
        web = self.stack.web()
        with self.stack.database() as connection:
            while not self._over.wait(0.05):
                [(count,)] = connection.execute(CONNECTIONS).fetchall()
                self.connections = max(self.connections, count)
                self.threads = max(self.threads, sum(process.num_threads() for process in web))


def answer(seconds: float) -> str:
    """Long enough to be written for so long; its last sentence is cited."""
    words = round(seconds * WORDS_A_SECOND)
    fact = f"{FACT} [1].".split()
    return " ".join([*("word" for _ in range(words - len(fact) - 1)), "word.", *fact])


@dataclass(frozen=True)
class Burst:
    """A contender: all readers ask one stack at the same moment."""

    stack: Stack
    streams: int
    seconds: float  # of one answer

    def __call__(self) -> Figures:
        with looking(self.stack.port) as quiet:
            time.sleep(min(self.seconds, 3))
        used = _processor_seconds(self.stack)
        with looking(self.stack.port) as seen, Most(self.stack).counted() as counted, Watch(self.stack) as watch:
            readers = ask_at_once(
                self.stack.port, self.stack.key, [QUESTION] * self.streams, seconds=self.seconds * 3 + 30
            )
        answered = [reader for reader in readers if reader.done is not None]
        return {
            "answered": len(answered),
            "told to come back": sum(reader.status == 503 for reader in readers),
            "first byte": max(reader.first_byte or 0 for reader in readers),
            "first word": max((reader.first_word or 0 for reader in answered), default=0),
            "done": max((reader.done or 0 for reader in answered), default=0),
            "healthz quiet": quiet.p95(),
            "healthz": seen.p95(),
            "healthz median": seen.median(),
            "connections": counted.connections,
            "threads": counted.threads,
            "memory": watch.most["web"] / MEGABYTE,
            "processor": _processor_seconds(self.stack) - used,
        }


def _processor_seconds(stack: Stack) -> float:
    """What the web processes took until now."""
    return sum(sum(process.cpu_times()[:2]) for process in stack.web())


def environment(provider: Provider, streams: int | None, *, local: bool) -> dict[str, str]:
    bound = {"MAX_STREAMS": str(streams)} if streams else {}
    return {**DYNO, **provider.chat(), **({} if local else provider.embedding()), **bound}


def measure(quick: bool) -> list[Section]:
    seconds, rounds = (2.0, 1) if quick else (ANSWER_SECONDS, 3)
    with fake_provider(says=answer(seconds)) as provider, ExitStack() as running:
        stacks = {}
        for name, (streams, local) in CONTENDERS.items():
            stacks[name] = running.enter_context(Stack(environment(provider, streams, local=local)))
            index(stacks[name])
        provider.be(f"slow:{1 / WORDS_A_SECOND}")
        bursts = {name: Burst(stack, STREAMS, seconds) for name, stack in stacks.items()}
        return [section(run_rounds(bursts, rounds), seconds)]


def index(stack: Stack) -> None:
    """What is asked about, by a worker that ends afterwards."""
    _, document = stack.upload("bees.txt", TEXT.encode())
    command = [sys.executable, "manage.py", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=stack.environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(stack, document["id"])
    finally:
        worker.terminate()
        worker.wait()


def section(shown: Rounds, seconds: float) -> Section:
    columns = {
        "answered": ("answered", 1),
        "told to come back": ("told to come back", 1),
        "first byte of the last, s": ("first byte", 1),
        "first word of the last, s": ("first word", 1),
        "last one done, s": ("done", 1),
        "/healthz p95, ms": ("healthz", 1000),
        "… when quiet": ("healthz quiet", 1000),
        "connections": ("connections", 1),
        "threads": ("threads", 1),
        "memory, MB": ("memory", 1),
        "processor, s": ("processor", 1),
    }
    rows = [
        [name, *(number(shown.median(name, figure) * unit) for figure, unit in columns.values())]
        for name in shown.figures
    ]
    reaches = []
    for name in shown.figures:
        reaches += [
            Reach(f"{name}: answered of {STREAMS}", shown.median(name, "answered"), STREAMS, at_least=True),
            Reach(f"{name}: first byte of the last, s", shown.median(name, "first byte"), 1),
            Reach(f"{name}: database connections", shown.median(name, "connections"), 8),
            Reach(f"{name}: /healthz p95, ms", shown.median(name, "healthz") * 1000, 100),
        ]
    title = f"{STREAMS} answers of {seconds:.0f} s at once, two web processes on 512 MB"
    notes = [
        f"An answer is {round(seconds * WORDS_A_SECOND)} words, {WORDS_A_SECOND} a second.",
        "Processor and memory are those of the web processes.",
    ]
    return Section(title, ["", *columns], rows, reaches, notes, {name: [*each] for name, each in shown.figures.items()})
