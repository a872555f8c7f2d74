"""Upload documents while processes are killed and the database restarts; then tell whether anything was lost.

`python -m bench.chaos --seed 1`: 200 documents, 50 kill -9 of web, worker and parser, 10 restarts of PostgreSQL.
Kills only what it started itself. The same seed makes the same files and the same order of events; the moments differ.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.chaos_record import RECOVERY_SECONDS, Record, Recovery, Uploaded, report, table
from bench.sample_files import SampleFile, sample_files
from bench.stack import WEB_PROCESSES, NoAnswer, Stack, kill, wait_until
from qabot.embedded_postgres import binaries
from qabot.embedded_postgres.system_user import system_user

PAUSE_SECONDS = (2.0, 8.0)  # between two events
TARGET_SECONDS = 15.0  # that a process to kill is waited for; then another event comes first
LOOK_SECONDS = 0.2
BACKLOG = 12  # files uploaded ahead of the events, so that there is always something to interrupt
DELETED = 10  # further files that are deleted again at once
WORK_SECONDS = 1200.0  # for what is left when the events are over
WEB, PROCESSES_OF_WEB = "web", 4  # one kill of web in so many hits all of it: the platform starts it again
WORKER, PARSER, FAST_STOP, KILLED_DATABASE = "worker", "parser", "database: fast stop", "database: kill -9"
WHOLE_WEB = "web: all of it"


class Chaos:
    """One run: its threads, and what they saw."""

    def __init__(self, stack: Stack, seed: int, documents: int, kills: int, restarts: int) -> None:
        self.stack, self.documents = stack, documents
        self.chance = random.Random(seed)
        self.events = _events(self.chance, kills, restarts)
        self.planned = len(self.events)
        self.due = float(BACKLOG)  # how many files may be uploaded by now
        self.share = (documents - BACKLOG) / max(sum(event in (WORKER, PARSER) for event in self.events), 1)
        self.files = list(islice(sample_files(seed), documents + DELETED))
        self.record = Record(stack.rows)
        self.over = threading.Event()
        self.stopping = threading.Event()

    def run(self) -> None:
        threads = [threading.Thread(target=work) for work in (self.upload, self.delete, self.ask, self.look)]
        for thread in threads:
            thread.start()
        try:
            self.strike()
            self.over.set()
            for thread in threads[:2]:
                thread.join()
            wait_until(self.nothing_waits, WORK_SECONDS, step=1)
            wait_until(lambda: all(each.seconds is not None for each in self.record.recoveries), RECOVERY_SECONDS)
        finally:
            self.over.set()
            self.stopping.set()
            for thread in threads:
                thread.join()

    # What happens to it

    def strike(self) -> None:
        while self.events:
            self.stopping.wait(self.chance.uniform(*PAUSE_SECONDS))
            event = self.events.pop(0)
            if STRIKES[event](self):
                self.record.struck[event] += 1
                struck, uploaded = sum(self.record.struck.values()), len(self.record.accepted)
                _say(f"{struck:3} of {self.planned}  {event:20} {uploaded} uploaded")
            else:
                self.events.insert(self.chance.randint(0, len(self.events)), event)
                if not self._uploads_waiting() and self.nothing_waits():
                    _say(f"no {event} to kill any more: all is indexed")
                    self.events.remove(event)

    def kill_web(self) -> bool:
        return self._kill(WEB, self.stack.web, lambda: len(self.stack.web()) == WEB_PROCESSES)

    def kill_whole_web(self) -> bool:
        """The master of the web server: the supervisor gives up, as a dyno does, and the platform starts a new one."""
        master = self.stack.web_master()
        if master is None or not kill(master):
            return False
        self._note_interrupted_document(WHOLE_WEB)
        self.record.recoveries.append(Recovery(WHOLE_WEB, self.stack.is_ready))
        wait_until(self.stack.has_ended, RECOVERY_SECONDS)
        self.stack.start()
        return True

    def kill_worker(self) -> bool:
        self.due += self.share
        return self._kill(WORKER, lambda: _listed(self.stack.worker()), self._worker_reports_again())

    def kill_parser(self) -> bool:
        self.due += self.share
        return self._kill(PARSER, self.stack.parsers, None)

    def stop_database(self) -> bool:
        data = self.stack.postgres.data_directory
        user = system_user()
        command = [str(binaries.path_of("pg_ctl")), "-D", str(data), "-m", "fast", "-w", "-t", "60", "stop"]
        who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        self._note_interrupted_document(FAST_STOP)
        # Stopped or not in time, it is gone: each process of the application starts it with its next connection.
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, timeout=90, **who)
        self.record.recoveries.append(Recovery(FAST_STOP, self.stack.is_ready))
        return done.returncode == 0

    def kill_database(self) -> bool:
        pid = self.stack.postgres.pid()
        if pid is None or not binaries.is_postgres_process(pid):
            return False
        self._note_interrupted_document(KILLED_DATABASE)
        kill(psutil.Process(pid))
        self.record.recoveries.append(Recovery(KILLED_DATABASE, self.stack.is_ready))
        return True

    def _kill(
        self, kind: str, targets: Callable[[], list[psutil.Process]], runs_again: Callable[[], object] | None
    ) -> bool:
        """Kill one of the processes as soon as there is one; False if none came."""
        if not wait_until(targets, TARGET_SECONDS, step=0.01) or not (found := targets()):
            return False
        held = self._processing() if kind != WEB else None
        if not kill(self.chance.choice(found)):
            return False
        if held is not None:
            self._watch_document(kind, *held)
        if runs_again is not None:
            self.record.recoveries.append(Recovery(kind, runs_again))
        return True

    def _note_interrupted_document(self, kind: str) -> None:
        held = self._processing()
        if held is not None:
            self._watch_document(kind, *held)

    def _watch_document(self, kind: str, document: int, token: str, done: int) -> None:
        def runs_again() -> bool:
            rows = self.stack.rows(
                "SELECT status, lease_token::text, chunks_done FROM documents_document WHERE id = %s", document
            )
            if not rows:
                return True
            status, current, now_done = rows[0]
            # The same holder going on (its parser, or only the database, was hit) is as good as a new one.
            return status in ("ready", "failed") or (current is not None and (current != token or now_done > done))

        self.record.recoveries.append(Recovery(f"{kind}: its document", runs_again))

    def _worker_reports_again(self) -> Callable[[], object]:
        old = _listed(self.stack.worker())

        def reports() -> bool:
            worker = self.stack.worker()
            if worker is None or worker in old:
                return False
            return bool(self.stack.rows("SELECT 1 FROM documents_worker WHERE name LIKE %s", f"%-{worker.pid}"))

        return reports

    def _processing(self) -> tuple[int, str, int] | None:
        with suppress(psycopg.Error):
            rows = self.stack.rows(
                "SELECT id, lease_token::text, chunks_done FROM documents_document WHERE status = 'processing' "
                "AND lease_until > now() ORDER BY lease_until DESC LIMIT 1"
            )
            return (rows[0][0], rows[0][1], rows[0][2]) if rows else None
        return None

    # What goes on meanwhile

    def upload(self) -> None:
        for number, file in enumerate(self.files[: self.documents]):
            while self.due < number and not self.over.is_set():
                self.stopping.wait(LOOK_SECONDS)
            document = self._uploaded(file)
            if document is not None:
                self.record.accepted.append(Uploaded(file, document))

    def delete(self) -> None:
        """Upload some files more and delete each soon after: sooner, while or after it is indexed."""
        for number, file in enumerate(self.files[self.documents :]):
            while self.due < number * self.documents / DELETED and not self.over.is_set():
                self.stopping.wait(LOOK_SECONDS)
            document = self._uploaded(file)
            self.stopping.wait(number)
            while document is not None and not self.stopping.is_set():
                with suppress(NoAnswer):
                    if self.stack.call("DELETE", f"/api/documents/{document}")[0] in (204, 404):
                        self.record.deleted.append(document)
                        break
                self.stopping.wait(1)

    def ask(self) -> None:
        while not self.stopping.wait(0.5):
            ready = self.record.accepted[-60:]
            if not ready:
                continue
            try:
                status, answer = self.stack.ask(random.choice(ready).file.question)
            except NoAnswer:
                self.record.asked["no answer"] += 1
                continue
            self.record.asked[answer["mode"] if status == 200 else f"refused with {status}"] += 1
            if status == 200:
                now = time.time()
                self.record.doubted += [(now, citation["document"]["id"]) for citation in answer["citations"]]

    def look(self) -> None:
        while not self.stopping.wait(LOOK_SECONDS):
            now = time.monotonic()
            for recovery in [each for each in self.record.recoveries if each.seconds is None]:
                with suppress(psycopg.Error, psutil.Error):
                    if recovery.runs_again():
                        recovery.seconds = time.monotonic() - recovery.began
            if int(now) % 2 == 0:
                with suppress(psycopg.Error):
                    used = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    self.record.most_connections = max(self.record.most_connections, self.stack.rows(used)[0][0] - 1)

    def _uploaded(self, file: SampleFile) -> int | None:
        """The id of the document, once the server has accepted the file; what fails is sent again."""
        while not self.stopping.is_set():
            with suppress(NoAnswer):
                status, body = self.stack.upload(file.name, file.content)
                if status in (200, 201):
                    return int(body["id"])
                if status < 500:
                    self.record.refused.append(f"{file.name}: {status}")
                    return None
            self.stopping.wait(1)
        return None

    def _uploads_waiting(self) -> bool:
        return len(self.record.accepted) + len(self.record.refused) < min(self.due, self.documents)

    def nothing_waits(self) -> bool:
        with suppress(psycopg.Error):
            waiting = "SELECT 1 FROM documents_document WHERE status IN ('pending', 'processing') LIMIT 1"
            return not self.stack.rows(waiting)
        return False

    def try_failed_again(self) -> None:
        """What was given up is tried again, as a person would: it has to become ready."""
        for (document,) in self.stack.rows(
            "SELECT id FROM documents_document WHERE status = 'failed' AND error_code IN ('gave_up', 'parser_failed')"
        ):
            self.stack.call("POST", f"/api/documents/{document}/retry")
        wait_until(self.nothing_waits, WORK_SECONDS, step=1)


STRIKES: dict[str, Callable[[Chaos], bool]] = {
    WEB: Chaos.kill_web,
    WHOLE_WEB: Chaos.kill_whole_web,
    WORKER: Chaos.kill_worker,
    PARSER: Chaos.kill_parser,
    FAST_STOP: Chaos.stop_database,
    KILLED_DATABASE: Chaos.kill_database,
}


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # cleans up, as Ctrl-C does
    began = time.monotonic()
    with Stack() as stack:
        chaos = Chaos(stack, options.seed, options.documents, options.kills, options.restarts)
        chaos.run()
        failures = chaos.record.failures()
        chaos.try_failed_again()
        lost = {promise: rows for promise, rows in chaos.record.losses().items() if rows}
        told = report(
            chaos.record, options.documents, failures, chaos.record.failures(), lost, time.monotonic() - began
        )
        if options.keep_log:
            Path(options.keep_log).write_text(stack.log.read_text(), encoding="utf-8")
    print(json.dumps(told, indent=2) if options.json else table(told))
    return 0 if told["kept"] else 1


def _events(chance: random.Random, kills: int, restarts: int) -> list[str]:
    wholes = (WEB,) * (PROCESSES_OF_WEB - 1) + (WHOLE_WEB,)
    processes = [(wholes[number // 3 % PROCESSES_OF_WEB], WORKER, PARSER)[number % 3] for number in range(kills)]
    databases = [(FAST_STOP, KILLED_DATABASE)[number % 2] for number in range(restarts)]
    events = processes + databases
    chance.shuffle(events)
    return events


def _listed(process: psutil.Process | None) -> list[psutil.Process]:
    return [] if process is None else [process]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep-log", metavar="FILE", help="where to leave the server's log")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
