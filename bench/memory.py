"""How much memory QABot takes: web, worker and parser, idle and at work, with and without the local model.

    .venv/bin/python -m bench.memory

Runs the whole application twice, with a fake provider on this machine. What its processes share counts once, so that
figures add up, whatever else runs here (`bench/footprint.py`). PostgreSQL is not among them: a dyno's runs elsewhere.
docs/operate.md holds the table.
"""

import argparse
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import footprint
from bench.stack import HOST, ROOT, Stack, machine, wait_until
from tests.fakes.provider import FakeProvider

PDF = ROOT.parent / "shared" / "data" / "financebench" / "pdfs" / "CVSHEALTH_2022_10K.pdf"  # 213 pages
STREAMS = 24
MEGABYTE = 2**20
SAMPLE_SECONDS = 0.4  # reading maps takes a tenth of a second
INDEXING_SECONDS = 1_200
QUESTION = "How many bees live in a hive in summer?"
TEXT = b"Bees make honey. A hive holds 40,000 bees in summer. In winter there are fewer. Drones leave in autumn."


@dataclass
class Watch:
    """The most memory of each kind of process while it looks, in bytes."""

    stack: Stack
    most: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Each kind's processes added up, and all of them together."""
        sizes = footprint.sizes_of({kind: [each.pid for each in found] for kind, found in self.processes().items()})
        sizes["all"] = sum(sizes.values())
        for kind, size in sizes.items():
            self.most[kind] = max(self.most.get(kind, 0), size)

    def processes(self) -> dict[str, list[psutil.Process]]:
        return {
            "web": [process for process in [self.stack.web_master(), *self.stack.web()] if process],
            "worker": [process for process in [self.stack.worker()] if process],
            "parser": self.stack.parsers(),
            "supervisor": [process for process in [self.stack.supervisor()] if process],
        }

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look_again, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look_again(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.look()


def environment(provider: FakeProvider, processes: int, *, local: bool) -> dict[str, str]:
    chat = {"CHAT_BASE_URL": provider.base_url, "CHAT_MODEL": "fake-chat", "CHAT_API_KEY": "fake"}
    hosted = {"EMBEDDING_BASE_URL": provider.base_url, "EMBEDDING_API_KEY": "fake"}
    return {"WEB_CONCURRENCY": str(processes), **chat, **({} if local else hosted)}


@contextmanager
def streams(stack: Stack, count: int) -> Iterator[None]:
    """Questions whose answers come slowly; each has sent its first word when this yields."""
    with ExitStack() as open_ones:
        for _ in range(count):
            connection = http.client.HTTPConnection(HOST, stack.port, timeout=120)
            open_ones.callback(connection.close)
            headers = {"Authorization": f"Bearer {stack.key}", "Content-Type": "application/json"}
            body = json.dumps({"question": QUESTION, "stream": True})
            connection.request("POST", "/api/ask", body, headers)
            response = connection.getresponse()
            lines = iter(response.readline, b"")
            if not any(line.startswith(b"event: delta") for line in lines):
                raise SystemExit(f"A question was not answered by the model: {response.status}")
        yield


def measure(processes: int, *, local: bool) -> dict[str, dict[str, int]]:
    """The most bytes of each kind of process, by what was being done."""
    with FakeProvider("ok") as provider, Stack(environment(provider, processes, local=local)) as stack:
        figures: dict[str, dict[str, int]] = {}
        figures["started"] = looked_at(stack, lambda: time.sleep(3))
        _, document = stack.upload("bees.txt", TEXT)
        wait_for(stack, document["id"])
        for _ in range(4 * processes):  # each web process has answered
            stack.ask(QUESTION)
        figures["idle"] = looked_at(stack, lambda: time.sleep(3))
        provider.mode = "slow:1"
        with streams(stack, STREAMS):
            figures[f"{STREAMS} streams"] = looked_at(stack, lambda: time.sleep(3))
        provider.mode = "ok"
        stored = size_of_database(stack)
        figures["indexing"] = looked_at(stack, lambda: index(stack))
        print(f"{PDF.name}: the database grew by {(size_of_database(stack) - stored) / MEGABYTE:.1f} MB")
        figures["idle again"] = looked_at(stack, lambda: time.sleep(3))
        return figures


def looked_at(stack: Stack, work: Callable[[], None]) -> dict[str, int]:
    with Watch(stack) as watch:
        work()
    return watch.most


def size_of_database(stack: Stack) -> int:
    [(size,)] = stack.rows("SELECT pg_database_size(current_database())")
    return int(size)


def index(stack: Stack) -> None:
    _, document = stack.upload(PDF.name, PDF.read_bytes())
    wait_for(stack, document["id"])


def wait_for(stack: Stack, document: int) -> None:
    def ready() -> bool:
        return stack.call("GET", f"/api/documents/{document}")[1]["status"] in ("ready", "failed")

    if not wait_until(ready, INDEXING_SECONDS, step=0.5):
        raise SystemExit("The document was not indexed in time.")
    about = stack.call("GET", f"/api/documents/{document}")[1]
    if about["status"] != "ready":
        raise SystemExit(f"The document failed: {about['error']}")


def table(figures: dict[str, dict[str, int]]) -> str:
    kinds = ["web", "worker", "parser", "supervisor", "all"]
    lines = ["| MB | " + " | ".join(kinds) + " |", "|---|" + "---:|" * len(kinds)]
    for doing, sizes in figures.items():
        lines.append(f"| {doing} | " + " | ".join(f"{sizes.get(kind, 0) / MEGABYTE:.0f}" for kind in kinds) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--web", type=int, default=2, help="web processes (2)")
    parser.add_argument("--models", choices=["local", "hosted", "both"], default="both")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    print(machine(), flush=True)
    results = {}
    for name in ["local", "hosted"] if options.models == "both" else [options.models]:
        results[name] = measure(options.web, local=name == "local")
        print(f"\nEmbedding: {name}; {options.web} web processes\n{table(results[name])}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
