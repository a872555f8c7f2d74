"""What happens to readers when the web, the database or the provider fails: `python -m bench.web_faults [SCENARIO …]`.

Scenarios: restart (the database restarts while people ask), connections (all streams at once), killed (kill -9 of a
web process in the middle of answers), stop (SIGTERM with open streams), leave (clients that leave a silent model).
Each starts QABot on a database of its own and ends it; together they take some six minutes. Exit status 1 if a
promise is broken.
"""

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

import psycopg

from bench.stack import HOST, NoAnswer, Stack, kill, machine, wait_until
from qabot.embedded_postgres import binaries
from qabot.embedded_postgres.system_user import system_user
from tests.fakes.provider import FakeProvider

QUESTION = "How long does a cat sleep?"
CATS = b"A cat sleeps for twelve to sixteen hours a day. Cats purr when they are content."
ASKING_SECONDS, RESTART_AT, ASKERS = 45.0, 15.0, 4
ERRORS_COUNT_AFTER = 5.0  # seconds after the restart began; from then on fewer than 1 in 100 may fail
MOST_CONNECTIONS = 20  # of Heroku's essential plans
STREAMS = 48  # MAX_STREAMS of each of two web processes
STOPPED_WITH = 20
CLOSED_SECONDS, LEAVING_SECONDS, STOP_SECONDS = 90.0, 2.0, 30.0
LAST_EVENTS = ("done", "interrupted", "error")


@dataclass
class Report:
    """A scenario's figures, and the promises among them that were broken."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def promise(self, name: str, figure: Any, kept: bool) -> None:
        self.figures[name] = figure
        if not kept:
            self.broken.append(name)


class Stream:
    """A streamed question: its events as they come, and when the last one came."""

    def __init__(self, stack: Stack) -> None:
        self.connection = HTTPConnection(HOST, stack.port, timeout=200)
        headers = {"Authorization": f"Bearer {stack.key}", "Content-Type": "application/json"}
        body = json.dumps({"question": QUESTION, "stream": True})
        self.connection.request("POST", "/api/ask", body, headers)
        self.events: list[str] = []
        self.ended: float | None = None
        self.refused = False
        threading.Thread(target=self._read, daemon=True).start()

    def leave(self) -> None:
        if self.connection.sock is not None:
            self.connection.sock.shutdown(2)

    @property
    def last(self) -> str:
        return self.events[-1] if self.events else "nothing"

    def _read(self) -> None:
        with suppress(OSError, HTTPException, ValueError):
            response = self.connection.getresponse()
            self.refused = response.status == 503
            for line in response:
                if line.startswith(b"event: "):
                    self.events.append(line[7:].decode().strip())
        self.ended = time.monotonic()


@contextmanager
def serving(mode: str = "ok") -> Iterator[tuple[Stack, FakeProvider]]:
    """QABot with one document and a fake provider."""
    with FakeProvider("ok") as provider:
        model = {"CHAT_BASE_URL": provider.base_url, "CHAT_API_KEY": "key", "CHAT_MODEL": "fake-chat"}
        with Stack(model) as stack:
            stack.upload("cats.txt", CATS)
            ready = "SELECT 1 FROM documents_document WHERE status = 'ready'"
            wait_until(lambda: stack.rows(ready), 60)
            for _ in range(4):  # loads what is loaded at the first question, in both processes most likely
                stack.ask(QUESTION)
            provider.mode = mode
            yield stack, provider


def restart() -> Report:
    report, asked = Report(), list[tuple[float, str]]()
    with serving() as (stack, _):
        workers = {process.pid for process in (stack.worker(), *stack.web()) if process}
        begun = time.monotonic()

        def ask() -> None:
            while time.monotonic() - begun < ASKING_SECONDS:
                at = time.monotonic()
                try:
                    outcome = str(stack.ask(QUESTION)[0])
                except NoAnswer as error:
                    outcome = str(error)
                asked.append((at, outcome))
                time.sleep(0.05)

        askers = [threading.Thread(target=ask) for _ in range(ASKERS)]
        for asker in askers:
            asker.start()
        time.sleep(RESTART_AT)
        struck = time.monotonic()
        _restart_database(stack)
        report.figures["database away, s"] = round(time.monotonic() - struck, 1)
        for asker in askers:
            asker.join()
        after = [outcome for at, outcome in asked if at > struck + ERRORS_COUNT_AFTER]
        errors = [outcome for outcome in after if outcome != "200"]
        meanwhile = Counter(outcome for at, outcome in asked if struck <= at <= struck + ERRORS_COUNT_AFTER)
        report.figures |= {"asked": len(asked), "in the first 5 s": dict(meanwhile), "asked after 5 s": len(after)}
        report.promise("errors after 5 s", f"{len(errors) / max(len(after), 1):.2%}", len(errors) < len(after) / 100)
        alive = {process.pid for process in (stack.worker(), *stack.web()) if process}
        report.promise("web and worker are still the same processes", alive == workers, alive == workers)
        stack.upload("dogs.txt", b"A dog sleeps for ten hours a day.")
        two = "SELECT 1 FROM documents_document HAVING count(*) FILTER (WHERE status = 'ready') = 2"
        report.promise("a document is indexed afterwards", done := wait_until(lambda: stack.rows(two), 60), done)
    return report


def connections() -> Report:
    report = Report()
    with serving("trickle") as (stack, provider):
        asked = len(provider.requests)
        over, counts = threading.Event(), list[int]()
        watching = threading.Thread(target=_count_connections, args=(stack, over, counts))
        watching.start()
        streams = [Stream(stack) for _ in range(STREAMS)]
        wait_until(lambda: len(provider.requests) - asked + sum(each.refused for each in streams) >= STREAMS, 90)
        for number in range(20):
            stack.upload(f"{number}.txt", CATS * 50 + str(number).encode())
        with ThreadPoolExecutor(16) as together:
            pages = [together.submit(stack.call, "GET", "/api/documents") for _ in range(200)]
            searches = [together.submit(_search, stack) for _ in range(200)]
            stack.manage("migrate", "--noinput")  # what the release phase does while the old release serves
            statuses = Counter(task.result()[0] for task in (*pages, *searches))
        for stream in streams:
            stream.leave()
        over.set()
        watching.join()
        report.figures |= {
            "streams at once": sum(not stream.refused for stream in streams),
            "refused with 503": sum(stream.refused for stream in streams),
            "other requests": dict(statuses),
        }
        report.promise("most connections at once, psql included", max(counts), max(counts) <= MOST_CONNECTIONS)
    return report


def killed() -> Report:
    report = Report()
    with serving("trickle") as (stack, _):
        streams = [Stream(stack) for _ in range(6)]
        wait_until(lambda: all("delta" in stream.events for stream in streams), 60)
        victim = stack.web()[0]
        kill(victim)
        begun = time.monotonic()
        wait_until(lambda: any(stream.ended for stream in streams), 30)
        time.sleep(1)
        lost = [stream for stream in streams if stream.ended]
        working = "SELECT count(*) FROM answers_answer WHERE status = 'working'"
        for stream in streams:
            stream.leave()
        left_open = wait_until(lambda: stack.rows(working)[0][0] <= len(lost), 10)
        closed = wait_until(lambda: stack.rows(working)[0][0] == 0, 2 * CLOSED_SECONDS, step=0.5)
        seconds = time.monotonic() - begun
        report.figures |= {"answers under way in the killed process": len(lost), "readers of others kept": left_open}
        report.promise("closed as interrupted after, s", round(seconds, 1), closed and seconds <= CLOSED_SECONDS)
        statuses = dict(stack.rows("SELECT status, count(*) FROM answers_answer GROUP BY status"))
        report.figures["answers by status"] = statuses
    return report


def stop() -> Report:
    report = Report()
    with serving("ok") as (stack, provider):
        # A few that end in time, others that never begin, fall silent, or never end.
        provider.mode = [*["slow:0.5"] * 5, *["hang"] * 5, *["hang_mid:2"] * 5, "trickle"]
        asked = len(provider.requests)
        streams = [Stream(stack) for _ in range(STOPPED_WITH)]
        wait_until(lambda: len(provider.requests) - asked == STOPPED_WITH, 60)
        supervisor = stack.supervisor()
        begun = time.monotonic()
        if supervisor is not None:
            supervisor.send_signal(signal.SIGTERM)
        ended = wait_until(stack.has_ended, 60)
        seconds = time.monotonic() - begun
        last = Counter(stream.last for stream in streams)
        report.figures["last events"] = dict(last)
        report.figures["last event after, s"] = round(max((stream.ended or 0) - begun for stream in streams), 1)
        report.promise("streams that end silently", silent := _silent(last), silent == 0)
        report.promise("all processes gone after, s", round(seconds, 1), ended and seconds < STOP_SECONDS)
        stack.postgres.ensure_running()
        open_ones = stack.rows("SELECT count(*) FROM answers_answer WHERE status = 'working'")[0][0]
        report.promise("answers left open", open_ones, open_ones == 0)
    return report


def leave() -> Report:
    report, seconds = Report(), dict[str, list[float]]()
    with serving("ok") as (stack, provider):
        for mode in ("hang", "hang_first_token", "hang_mid:2", "trickle") * 5:
            provider.mode, asked = mode, len(provider.requests)
            stream = Stream(stack)
            wait_until(lambda before=asked: len(provider.requests) > before, 30)  # type: ignore[misc]
            time.sleep(0.5)
            stream.leave()
            begun = time.monotonic()
            provider.requests[-1].client_left.wait(30)
            seconds.setdefault(mode, []).append(time.monotonic() - begun)
    for mode, each in seconds.items():
        report.promise(f"{mode}: call ended after, s at most", round(max(each), 2), max(each) <= LEAVING_SECONDS)
    return report


def _restart_database(stack: Stack) -> None:
    """As a provider's maintenance does: connections are cut, and a moment later it is back."""
    user = system_user()
    who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    command = [str(binaries.path_of("pg_ctl")), "-D", str(stack.postgres.data_directory), "-m", "fast", "-w", "restart"]
    subprocess.run(command, cwd="/", check=True, timeout=90, stdout=subprocess.DEVNULL, **who)


def _count_connections(stack: Stack, over: threading.Event, counts: list[int]) -> None:
    """The connection that counts stands for psql."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with stack.database() as connection:
        while not over.wait(0.02):
            with suppress(psycopg.Error):
                row = connection.execute(query).fetchone()
                counts.append(row[0] if row else 0)


def _search(stack: Stack) -> tuple[int, Any]:
    return stack.call("POST", "/api/search", json.dumps({"question": QUESTION}).encode(), "application/json")


def _silent(last: Counter[str]) -> int:
    return sum(count for name, count in last.items() if name not in LAST_EVENTS)


SCENARIOS: dict[str, Callable[[], Report]] = {
    "restart": restart,
    "connections": connections,
    "killed": killed,
    "stop": stop,
    "leave": leave,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    chosen = parser.parse_args().scenarios or list(SCENARIOS)
    if unknown := set(chosen) - SCENARIOS.keys():
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    print(machine(), flush=True)
    broken = 0
    for name in chosen:
        report = SCENARIOS[name]()
        broken += len(report.broken)
        print(f"\n{name}", flush=True)
        for figure, value in report.figures.items():
            print(f"  {figure}: {value}{'  ← BROKEN' if figure in report.broken else ''}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
