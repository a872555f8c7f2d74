"""Clients that ask without a pause: processes with threads, as QABot's web processes are. Knows not whom they ask.

A contender is named by the function that opens it, "module:function", since it is opened in the client's own process.
It gives a search: the position of a question -> the numbers of the chunks found, best first.
"""

import importlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from bench.performance import database
from qabot.supervisor import die_with_parent

Search = Callable[[int], list[int]]
START_SECONDS = 0.3  # from the word to the first request: every thread has had its warm-up by then


@dataclass
class Client:
    """One process of a crew, seen from inside."""

    search: Search
    questions: int
    threads: ThreadPoolExecutor
    asked: int = field(default=0)


_client: Client


class Crew:
    """Processes that have opened one contender and wait for work."""

    def __init__(
        self,
        opener: str,
        arguments: Mapping[str, Any],
        questions: int,
        folder: Path,
        processes: int = 2,
        threads: int = 4,
    ) -> None:
        self.questions = questions
        self.threads = threads
        given = (opener, dict(arguments), questions, folder, threads)
        self._processes = [
            ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_open, initargs=given)
            for _ in range(processes)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for process in self._processes:
            process.shutdown()

    def found(self) -> list[list[int]]:
        """What each question finds."""
        return self._processes[0].submit(_found).result()

    def latencies(self, seconds: float) -> list[float]:
        """Seconds of each request of one client that asks on its own."""
        return self._processes[0].submit(_latencies, seconds).result()

    def requests_a_second(self, seconds: float) -> float:
        """Of all processes and threads together."""
        for process in self._processes:
            process.submit(_warm_up).result()
        begin = time.monotonic() + START_SECONDS
        asking = [process.submit(_requests, begin, seconds) for process in self._processes]
        return sum(each.result() for each in asking) / seconds


def _open(opener: str, arguments: dict[str, Any], questions: int, folder: Path, threads: int) -> None:
    global _client
    die_with_parent()
    database.set_up(folder)
    module, _, name = opener.partition(":")
    opened = getattr(importlib.import_module(module), name)
    crew = ThreadPoolExecutor(threads)
    # In a thread of the crew, as all that follows: each holds a connection, and a process may have no more of them.
    search = crew.submit(opened, **arguments).result()
    _client = Client(search, questions, crew)


def _found() -> list[list[int]]:
    return list(_client.threads.map(_client.search, range(_client.questions)))


def _latencies(seconds: float) -> list[float]:
    return _client.threads.submit(_timed, seconds).result()


def _timed(seconds: float) -> list[float]:
    end = time.perf_counter() + seconds
    took: list[float] = []
    while (begun := time.perf_counter()) < end:
        _client.asked += 1
        _client.search(_client.asked % _client.questions)
        took.append(time.perf_counter() - begun)
    return took


def _warm_up() -> None:
    threads = _client.threads._max_workers
    for each in [_client.threads.submit(_timed, 0.1) for _ in range(threads)]:
        each.result()


def _requests(begin: float, seconds: float) -> int:
    threads = _client.threads._max_workers
    return sum(_client.threads.map(lambda number: _counted(number, begin, seconds), range(threads)))


def _counted(number: int, begin: float, seconds: float) -> int:
    time.sleep(max(begin - time.monotonic(), 0))
    count = 0
    while time.monotonic() < begin + seconds:
        _client.search((number * 97 + count) % _client.questions)
        count += 1
    return count
