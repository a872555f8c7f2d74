"""Ask and upload for a long time at the size of a 512 MB dyno, and tell what grows.

`python -m bench.soak --minutes 60`: two web processes and a worker, with a fake provider on this machine. Memory is
what our processes take, what they share counted once and divided by nobody else (`bench/footprint.py`); a slope is a
straight line through all samples after the warm-up, which asks and uploads ten times as fast: caches, threads and heaps
fill by work done, not by minutes gone. Questions come from a key, streamed and whole, and from visitors who each bring
a new session; documents are replaced all the time, so that what is kept stays the same and only a leak can grow.
"""

import argparse
import contextlib
import http.cookiejar
import json
import re
import signal
import statistics
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg

from bench import footprint
from bench.invariants import table_sizes
from bench.sample_files import SampleFile, sample_files
from bench.stack import HOST, NoAnswer, Stack, machine
from tests.fakes.provider import FakeProvider

MEGABYTE = 2**20
LOOK_SECONDS = 5.0
WARM_UP_SHARE, LONGEST_WARM_UP, WARM_UP_SPEED = 0.25, 600.0, 10.0
ASK_SECONDS, VISIT_SECONDS, UPLOAD_SECONDS = 1.0, 3.0, 6.0  # between two of a kind
KEPT_DOCUMENTS = 40
MOST_WAITING = 3  # documents: a machine that does not keep up is given time
MOST_MEGABYTES_AN_HOUR = 1.0
TABLES = {  # that nobody empties by hand, and how many rows they may keep whatever happened before
    "qabot_ratecounter": 500,
    "answers_tokensspent": 50,
    "documents_worker": 10,
    "documents_stagedpage": 500,
    "documents_stagedchunk": 500,
}
# Counted as on a dyno, but never refused: the counters are part of what might grow.
ENVIRONMENT = {"DYNO_RAM": "512", "ASK_RATE": "6000/m", "UPLOAD_RATE": "6000/m", "API_RATE": "60000/m"}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Sample:
    """Megabytes by kind of process, and client connections, so many seconds after the start."""

    seconds: float
    megabytes: dict[str, float]
    connections: int


@dataclass
class Soak:
    stack: Stack
    files: Iterator[SampleFile]
    seconds: float
    samples: list[Sample] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    questions: list[str] = field(default_factory=lambda: ["What do the documents say?"])
    documents: list[int] = field(default_factory=list)
    speed: float = WARM_UP_SPEED
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def warm_up(self) -> float:
        """Seconds."""
        return min(WARM_UP_SHARE * self.seconds, LONGEST_WARM_UP)

    def run(self) -> None:
        began = time.monotonic()
        works = [(self.ask, ASK_SECONDS), (self.visit, VISIT_SECONDS), (self.replace_a_document, UPLOAD_SECONDS)]
        threads = [threading.Thread(target=self._repeat, args=work) for work in works]
        for thread in threads:
            thread.start()
        try:
            while (gone := time.monotonic() - began) < self.seconds:
                self.speed = WARM_UP_SPEED if gone < self.warm_up else 1.0
                with contextlib.suppress(psycopg.Error, psutil.Error):
                    self.samples.append(self.look(gone))
                time.sleep(LOOK_SECONDS)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _repeat(self, work: Callable[[], None], seconds: float) -> None:
        while not self.over.wait(seconds / self.speed):
            try:
                work()
            except (NoAnswer, OSError, psycopg.Error) as error:
                self.done[f"{work.__name__}: {type(error).__name__}"] += 1

    def ask(self) -> None:
        question = self.questions[self.done.total() % len(self.questions)]
        body = {"question": question, "stream": self.done.total() % 2 == 0}
        status, answer = self.stack.call("POST", "/api/ask", json.dumps(body).encode(), "application/json")
        code = answer["code"] if status >= 400 and answer else ""
        self.done[f"asked: {status} {code}".strip()] += 1

    def visit(self) -> None:
        """Somebody without an account, whose browser brings no cookie, asks on the page."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        address = f"http://{HOST}:{self.stack.port}"
        with browser.open(f"{address}/", timeout=60) as page:
            token = TOKEN.search(page.read().decode())
        if token is None:
            self.done["visited: no form"] += 1
            return
        form = {"csrfmiddlewaretoken": token[1], "question": self.questions[-1]}
        with browser.open(f"{address}/ask", urllib.parse.urlencode(form).encode(), timeout=60) as page:
            self.done[f"visited: {page.status}"] += 1

    def replace_a_document(self) -> None:
        waiting = "SELECT count(*) FROM documents_document WHERE status IN ('pending', 'processing')"
        if self.stack.rows(waiting)[0][0] > MOST_WAITING:
            return
        file = next(self.files)
        status, body = self.stack.upload(file.name, file.content)
        self.done[f"uploaded: {status}"] += 1
        if status == 201:
            self.documents.append(int(body["id"]))
            self.questions = [*self.questions[-20:], file.question]
        if len(self.documents) > KEPT_DOCUMENTS:
            status, _ = self.stack.call("DELETE", f"/api/documents/{self.documents.pop(0)}")
            self.done[f"deleted: {status}"] += 1

    def look(self, seconds: float) -> Sample:
        kinds = {
            "web": [process for process in (self.stack.web_master(), *self.stack.web()) if process],
            "worker": [process for process in (self.stack.worker(),) if process],
            "supervisor": [process for process in (self.stack.supervisor(),) if process],
        }
        kinds["parsers"] = self.stack.parsers()
        sizes = footprint.sizes_of({kind: [each.pid for each in processes] for kind, processes in kinds.items()})
        megabytes = {kind: size / MEGABYTE for kind, size in sizes.items()}
        megabytes["all but parsers"] = sum(megabytes.values()) - megabytes["parsers"]
        used = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return Sample(seconds, megabytes, self.stack.rows(used)[0][0] - 1)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # cleans up, as Ctrl-C does
    with FakeProvider("ok") as provider, Stack({**ENVIRONMENT, **_chat(provider)}) as stack:
        with stack.database() as connection:
            connection.execute("UPDATE documents_collection SET readers = 'public'")  # for visitors
        soak = Soak(stack, sample_files(options.seed), seconds=options.minutes * 60)
        soak.run()
        report = _report(soak)
    print(json.dumps(report, indent=2))
    return 0 if report["kept"] else 1


def _report(soak: Soak) -> dict[str, Any]:
    warm = [sample for sample in soak.samples if sample.seconds >= soak.warm_up]
    tables = table_sizes(soak.stack.rows)
    kinds = list(warm[0].megabytes) if warm else []
    memory = {kind: _grown([(each.seconds, each.megabytes[kind]) for each in warm]) for kind in kinds}
    connections = _grown([(each.seconds, float(each.connections)) for each in warm])
    too_many = {name: tables[name] for name, most in TABLES.items() if tables.get(name, 0) > most}
    slope = memory["all but parsers"]["slope an hour"]
    return {
        "machine": machine(),
        "minutes": soak.seconds / 60,
        "warm-up, minutes": round(soak.warm_up / 60, 1),
        "done": dict(soak.done),
        "memory, MB": memory,
        "connections": connections,
        "rows": {name: rows for name, rows in tables.items() if rows},
        "tables that grew": too_many,
        "kept": slope < MOST_MEGABYTES_AN_HOUR and connections["most"] <= 20 and not too_many,
    }


def _grown(points: list[tuple[float, float]]) -> dict[str, float]:
    """A line through (seconds, value) points: its slope an hour, beside what was at the start, at the end, at most."""
    values = [value for _, value in points]
    tenth = max(len(values) // 10, 1)
    slope = statistics.linear_regression(*zip(*points, strict=True)).slope if len(points) > 1 else 0.0
    return {
        "slope an hour": round(slope * 3600, 2),
        "first tenth": round(statistics.median(values[:tenth]), 1),
        "last tenth": round(statistics.median(values[-tenth:]), 1),
        "most": round(max(values), 1),
    }


def _chat(provider: FakeProvider) -> dict[str, str]:
    return {"CHAT_BASE_URL": provider.base_url, "CHAT_MODEL": "fake-chat", "CHAT_API_KEY": "fake"}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
