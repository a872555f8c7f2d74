"""Parse a file in a child process that can crash, hang or eat memory without harm. Knows no format.

The parent's memory stays flat: pages are yielded one by one as the child sends them.
"""

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import IO

from documents.parsing.content import FileTooLarge, ParsedPage, ParserFailed, ParserStopped
from documents.parsing.limits import Limits
from documents.parsing.wire import DoneRecord, DrawnRecord, ErrorRecord, Record, take

__all__ = ["Limits", "parse_guarded", "stream_pages"]

Pages = Generator[tuple[int, ParsedPage], None, None]

logger = logging.getLogger(__name__)

CHILD_MODULE = "documents.parsing.child"
_PROJECT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME")  # what Python needs to start; nothing else, so no secret
_READ_BYTES = 64 * 1024
_EXIT_SECONDS = 5.0  # for a child that closed its output to end
_ENDINGS = {
    signal.SIGXCPU: "reading it takes too much time",
    signal.SIGKILL: "its parser was stopped",
}


def parse_guarded(content: bytes, media_type: str, limits: Limits) -> Pages:
    """(total pages as known so far, page) as they come. Closing the iterator early ends the child.

    Raises a ParsingError: what the parser says of the file, or ParserFailed if it ran out of time or memory or crashed.
    """
    return stream_pages(CHILD_MODULE, content, media_type, limits)


def stream_pages(child_module: str, content: bytes, media_type: str, limits: Limits) -> Pages:
    """`parse_guarded`, with the module that the child runs."""
    with _spooled(content) as source, running_child(child_module, media_type, limits, source) as process:
        pages, characters = 0, 0
        for record in records_of(process, limits.wall_seconds):
            if isinstance(record, DoneRecord):
                note_confinement(record.not_confined)
                return
            if isinstance(record, DrawnRecord):
                raise ParserFailed("The file could not be read: its parser sent something that is not a page.")
            if isinstance(record, ErrorRecord):
                logger.info("parsing %s failed: %s\n%s", media_type, record.message, record.detail)
                raise record.error()
            # The child holds itself to these too, as long as no file took it over.
            pages, characters = pages + 1, characters + len(record.page.text)
            if pages > limits.max_pages or characters > limits.max_characters:
                raise FileTooLarge("The file holds more text than can be read.")
            yield record.total, record.page
        raise ended_early(process)


@contextmanager
def _spooled(content: bytes) -> Iterator[IO[bytes]]:
    """The content as a file without a name: unlike a pipe, it needs no writer while pages are read."""
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        yield source


@contextmanager
def running_child(module: str, job: str, limits: Limits, source: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The child at a job whose file is `source`, in a session of its own, which is killed whole on leaving."""
    arguments = [job, json.dumps(asdict(limits)), str(os.getpid())]
    process = subprocess.Popen(  # noqa: S603 -- our own module; nothing of a file is an argument but its media type
        [sys.executable, "-B", "-P", "-m", module, *arguments],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Once its status is collected, the id may belong to somebody else.
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout:
            process.stdout.close()


@lru_cache(maxsize=4)
def note_confinement(missing: str) -> None:
    """Say once what this platform does not let a parser be kept from."""
    if missing:
        logger.warning("This platform cannot close to the parsers of files: %s.", missing)


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "PYTHONPATH": str(_PROJECT)}


def records_of(process: subprocess.Popen[bytes], wall_seconds: float) -> Iterator[Record]:
    """Records until the child closes its output. Only time spent waiting for the child counts."""
    if process.stdout is None:
        raise ParserFailed("The file could not be read: its parser did not start.")
    buffer, remaining = bytearray(), wall_seconds
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            started = monotonic()
            ready = selector.select(max(0.0, remaining))
            remaining -= monotonic() - started
            if not ready:
                raise ParserFailed(f"The file could not be read: its parser took more than {wall_seconds:g} seconds.")
            step = os.read(process.stdout.fileno(), _READ_BYTES)
            if not step:
                return
            buffer += step
            while record := take(buffer):
                yield record


def ended_early(process: subprocess.Popen[bytes]) -> ParserFailed:
    """What to raise when a child is gone that has not sent all it should."""
    reason = f"The file could not be read: {_ending(process)}."
    return ParserStopped(reason) if process.returncode == -signal.SIGKILL else ParserFailed(reason)


def _ending(process: subprocess.Popen[bytes]) -> str:
    """Why a child that sent neither all pages nor an error is gone."""
    try:
        status = process.wait(_EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        return "its parser stopped answering"
    if status < 0:
        return _ENDINGS.get(signal.Signals(-status), "its parser crashed")
    return "its parser ended too early"
