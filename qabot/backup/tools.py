"""Find PostgreSQL's pg_dump and pg_restore, and run them. Knows nothing of what they are told to do."""

import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from qabot.backup.failures import ToolFailed, ToolsMissing
from qabot.embedded_postgres import binaries
from qabot.embedded_postgres.binaries import EmbeddedPostgresError

SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")  # Debian's and Red Hat's, several versions each
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
LAST_WORDS = 20  # lines of a program's output that are kept for its failure
LOOK_SECONDS = 0.5  # between two looks at how far a program is
PATIENCE_SECONDS = 10  # that a program is given to end when told to

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class Tools:
    """The folder that pg_dump and pg_restore are in, and their version: 18."""

    folder: Path
    major: int

    def run(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str], on_step: OnStep | None = None
    ) -> str:
        """Run a program to its end and return what it wrote; `on_step` hears the last line it said, twice a second.

        Raises ToolFailed. Whatever ends the wait, Ctrl-C too, ends the program.
        """
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs, no shell
            [self.folder / program, *arguments],
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        written: list[str] = []
        said: deque[str] = deque(maxlen=LAST_WORDS)
        readers = [_reading(process.stdout, written), _reading(process.stderr, said)]
        try:
            _wait(process, said, on_step)
        except BaseException:
            _end(process)
            raise
        finally:
            for reader in readers:
                reader.join(PATIENCE_SECONDS)
        if process.returncode != 0:
            raise ToolFailed(f"{program} failed: {_complaint(said)}")
        return "".join(written)


def find_tools(server_major: int, *, embedded: bool, path: str | None = None) -> Tools:
    """Programs of the server's own version, else of the next newer one; `path` stands for PATH.

    An older pg_dump refuses a server, and what a newer one writes an older server may not read.
    For an embedded server the embedded package's come first, otherwise the system's. Raises ToolsMissing.
    """
    folders = [*_system_folders(path), *_embedded_folders()]
    found = filter(None, map(_tools_in, reversed(folders) if embedded else folders))
    fitting = [tools for tools in found if tools.major >= server_major]
    if not fitting:
        raise ToolsMissing(
            f"PostgreSQL {server_major} needs pg_dump and pg_restore of version {server_major} or newer. Install "
            f"postgresql-client-{server_major}, or requirements/embedded-postgres.txt, which brings version "
            f"{binaries.POSTGRES_VERSION}."
        )
    return min(fitting, key=lambda tools: tools.major)


def _system_folders(path: str | None) -> Iterator[Path]:
    on_path = shutil.which("pg_dump", path=path)
    if on_path:
        yield Path(on_path).parent
    if path is None:
        for pattern in SYSTEM_FOLDERS:
            yield from sorted(Path("/").glob(pattern.lstrip("/")))


def _embedded_folders() -> list[Path]:
    try:
        return sorted(folder / "bin" for folder in binaries.path_of("pg_dump").parents[2].glob("pginstall*"))
    except EmbeddedPostgresError:
        return []  # the package is optional


def _tools_in(folder: Path) -> Tools | None:
    if not ((folder / "pg_dump").is_file() and (folder / "pg_restore").is_file()):
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - as above
            [folder / "pg_dump", "--version"], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = VERSION.search(answer.stdout)
    return Tools(folder, int(version[1])) if version else None


def _reading(stream: IO[str] | None, lines: "list[str] | deque[str]") -> threading.Thread:
    """A thread of its own for each stream: a pipe that nobody reads stops the program."""
    reader = threading.Thread(target=lambda: lines.extend(stream or ()), daemon=True)
    reader.start()
    return reader


def _wait(process: "subprocess.Popen[str]", said: "deque[str]", on_step: OnStep | None) -> None:
    while True:
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if on_step is not None:
                on_step(said[-1].strip() if said else "")
        else:
            return


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _complaint(said: Sequence[str]) -> str:
    """The program's errors; without any, its last line."""
    errors = [line.strip() for line in said if "error:" in line or "ERROR:" in line or "DETAIL:" in line]
    return " ".join(errors) or (said[-1].strip() if said else "it said nothing.")
