"""The supervisor with real child processes, which write into files what happens to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

SECONDS = 30  # how long a test waits for what must happen; an ordinary run needs far less

LIVING = "import os, time; print(os.getpid(), file=open({pid!r}, 'a'), flush=True); time.sleep(600)"
DYING = "import os; print(os.getpid(), file=open({pid!r}, 'a')); os._exit(3)"
LEAVING = "print({pid!r}, file=open({pid!r}, 'a'))"
TELLING_TIME = "import time; print(time.monotonic(), file=open({pid!r}, 'a')); raise SystemExit(1)"
STUBBORN_PARENT = (
    "import os, signal, subprocess, sys, time; signal.signal(signal.SIGTERM, lambda *a: sys.exit(0)); "
    "child = subprocess.Popen(['sleep', '600']); print(child.pid, file=open({pid!r}, 'a'), flush=True); time.sleep(600)"
)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)


def pids_in(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Supervised:
    def __init__(self, folder: Path, web: str, worker: str, workers: int) -> None:
        self.web, self.worker = folder / "web", folder / "worker"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "qabot.supervisor", "--port", "1"),
                *("--web", f'{sys.executable} -c "{web.format(pid=str(self.web))}"'),
                *("--worker", f'{sys.executable} -c "{worker.format(pid=str(self.worker))}"'),
                *("--workers", str(workers)),
            ],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begun(self) -> "Supervised":
        wait_for(lambda: pids_in(self.web) and pids_in(self.worker))
        return self

    def nothing_lives(self) -> bool:
        return not any(lives(pid) for pid in pids_in(self.web) + pids_in(self.worker))


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def supervise(web: str, worker: str, workers: int = 1) -> Supervised:
        started.append(Supervised(tmp_path, web, worker, workers))
        return started[-1]

    yield supervise
    for supervised in started:
        supervised.process.kill()
        supervised.process.communicate(timeout=SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_children(number: signal.Signals, supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, LIVING).begun()
    supervised.process.send_signal(number)

    assert supervised.process.wait(SECONDS) == 128 + signal.SIGTERM  # how this web server, without a handler, ends
    assert supervised.nothing_lives()


def test_it_ends_with_the_status_of_the_web_server(supervise: Callable[..., Supervised]):
    supervised = supervise(DYING, LIVING)

    assert supervised.process.wait(SECONDS) == 3
    assert supervised.nothing_lives()


def test_a_worker_that_ends_is_started_again(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, DYING).begun()

    wait_for(lambda: len(pids_in(supervised.worker)) == 2)

    assert lives(pids_in(supervised.web)[0])


def test_a_worker_that_is_killed_is_started_again(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, LIVING).begun()
    os.kill(pids_in(supervised.worker)[0], signal.SIGKILL)

    wait_for(lambda: len(pids_in(supervised.worker)) == 2)

    assert supervised.process.poll() is None


def test_of_two_workers_the_one_that_is_killed_is_started_again_and_both_are_ended(
    supervise: Callable[..., Supervised],
):
    supervised = supervise(LIVING, LIVING, 2)
    wait_for(lambda: len(pids_in(supervised.worker)) == 2)
    killed, other = pids_in(supervised.worker)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: len(pids_in(supervised.worker)) == 3)

    assert lives(other)
    supervised.process.terminate()
    supervised.process.wait(SECONDS)
    assert supervised.nothing_lives()


def test_a_worker_that_leaves_of_its_own_accord_is_started_again(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, LEAVING)

    wait_for(lambda: supervised.worker.exists() and len(supervised.worker.read_text().splitlines()) == 2)

    assert supervised.process.poll() is None


def test_a_worker_that_always_ends_is_started_less_and_less_often(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, TELLING_TIME)

    wait_for(lambda: supervised.worker.exists() and len(supervised.worker.read_text().split()) == 3)

    first, second, third = map(float, supervised.worker.read_text().split())
    assert 1 <= second - first < third - second
    assert third - second >= 2


def test_children_of_a_child_are_not_left_behind(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, STUBBORN_PARENT).begun()
    supervised.process.terminate()
    supervised.process.wait(SECONDS)

    wait_for(supervised.nothing_lives)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_do_not_outlive_a_killed_supervisor(supervise: Callable[..., Supervised]):
    supervised = supervise(LIVING, LIVING).begun()
    supervised.process.kill()

    wait_for(supervised.nothing_lives)
