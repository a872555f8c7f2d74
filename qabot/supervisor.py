"""Run the web server and its workers side by side until told to stop. Knows nothing of Django.

`serve` turns into this program (`python -m qabot.supervisor`) once everything is prepared: without Django it takes
a tenth of the memory, on a dyno that has 512 MB for all.
"""

import argparse
import ctypes
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

STOP_SECONDS = 28  # Heroku kills what is left 30 s after SIGTERM
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a worker that ended is started again
HEALTHY_SECONDS = 20  # some five times what a start takes: a worker that lived so long starts again at once
IMPATIENCE_SECONDS = 1  # signals closer together are one: `timeout` and dynos send theirs to us and to our group
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass
class Child:
    """A program to keep running, in a process group of its own so that Ctrl-C reaches the supervisor alone."""

    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    restart_at: float | None = None

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            self.command, process_group=0, preexec_fn=die_with_parent
        )

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """End what is left, children of the child included."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # nothing is left, as it should be
            self.process.wait()


@dataclass
class Supervisor:
    """`run` ends with the exit status of the web server."""

    web: Child
    workers: list[Child]
    announcement: str = ""
    address: tuple[str, int] = ("127.0.0.1", 8000)
    told_to_stop: float | None = None
    told_to_hurry: bool = False
    _wakeup: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def run(self) -> int:
        self._listen_to_signals()
        try:
            for child in self._children():
                child.start()
            while self.told_to_stop is None and not self.web.has_ended():
                self._announce_once_listening()
                for worker in self.workers:
                    keep_running(worker)
                self._sleep(0.1 if self.announcement else self._until_restart())
            self._stop()
        finally:
            for child in self._children():
                child.kill_group()
        status = self.web.process.returncode if self.web.process else 1
        return status if status >= 0 else 128 - status

    def _children(self) -> list[Child]:
        return [self.web, *self.workers]

    def _until_restart(self) -> float | None:
        due = [worker.restart_at for worker in self.workers if worker.restart_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _stop(self) -> None:
        for child in self._children():
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while not all(child.has_ended() for child in self._children()):
            if time.monotonic() > deadline or self.told_to_hurry:
                return  # `run` kills the rest
            self._sleep(max(0.0, deadline - time.monotonic()))

    def _announce_once_listening(self) -> None:
        if self.announcement and _listens(self.address):
            _say(self.announcement)
            self.announcement = ""

    def _listen_to_signals(self) -> None:
        for end in self._wakeup:
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakeup[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only to wake up
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_stop_signal)

    def _note_stop_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        self.told_to_stop = self.told_to_stop or now
        self.told_to_hurry = now - self.told_to_stop > IMPATIENCE_SECONDS  # a second Ctrl-C

    def _sleep(self, seconds: float | None) -> None:
        """Until a signal comes (a child's end is one), at most so long."""
        waiting = self._wakeup[0]
        if select.select([waiting], [], [], seconds)[0]:
            waiting.recv(4096)


def keep_running(worker: Child) -> None:
    """Start a worker again that ended, after a pause that grows while it does not live long."""
    now = time.monotonic()
    if not worker.has_ended():
        return
    if worker.restart_at is None:
        worker.kill_group()
        worker.pause = FIRST_PAUSE if now - worker.started > HEALTHY_SECONDS else worker.pause
        worker.restart_at = now + worker.pause
        status = worker.process.returncode if worker.process else None
        _say(f"The worker ended (status {status}) and starts again in {worker.pause:.0f} s.")
    elif now >= worker.restart_at:
        worker.pause, worker.restart_at = min(worker.pause * 2, LONGEST_PAUSE), None
        worker.start()


def die_with_parent() -> None:
    """To be called in a child process before it becomes its program: told to end when its parent does."""
    # A supervisor that is killed outright must not leave a web server behind that holds the port.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--web", required=True, help="the command of the web server")
    parser.add_argument("--worker", default="", help="the command of a worker")
    parser.add_argument("--workers", type=int, default=1, help="how many of them")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--announcement", type=int, help="file descriptor of what to print once the port answers")
    options = parser.parse_args()
    announcement = ""
    if options.announcement is not None:
        with os.fdopen(options.announcement) as file:
            announcement = file.read()
    workers = [Child(shlex.split(options.worker)) for _ in range(options.workers)] if options.worker else []
    web = Child(shlex.split(options.web))
    return Supervisor(web, workers, announcement, ("127.0.0.1", options.port)).run()


if __name__ == "__main__":
    sys.exit(main())
