"""Parse one file, confined: `python -m documents.parsing.child`. Knows no Django, no settings, no secrets.

Reads the file from standard input and writes records to standard output. Started by documents.parsing.guard alone.
Whatever a file makes of its parser, it finds no network, no other process, no file but Python's own, and an end.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from documents.parsing.archive import check_archive
from documents.parsing.content import FileTooLarge, NoTextFound, ParsedPage, ParserFailed, ParsingError, UnsupportedFile
from documents.parsing.formats import FORMATS
from documents.parsing.landlock import leave_files
from documents.parsing.limits import Limits
from documents.parsing.media_types import PDF
from documents.parsing.seccomp import refuse_calls
from documents.parsing.wire import DoneRecord, ErrorRecord, PageRecord, Record, pack

MAX_PAGE_CHARACTERS = 1_000_000  # of one page: the viewer and the parent hold a page whole
_MAX_OPEN_FILES = 64
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_NO_TEXT_IN_PDF = "No text was found: the PDF looks like a scan. Run OCR over it first, then upload it again."
_NO_TEXT = "No text was found in the file."


def main(arguments: list[str]) -> None:
    """Parse standard input as `arguments` say: media type, limits as JSON, the parent's process id."""
    media_type, limits_json, parent = arguments
    limits = Limits(**json.loads(limits_json))
    missing = confine(limits, int(parent))
    answer(_pages(media_type, limits, missing))


def confine(limits: Limits, parent: int) -> str:
    """Tie this process to its parent, and close all that no parser needs, for good; names what cannot be closed."""
    _die_with(parent)
    _limit_resources(limits)
    return _confine()


def answer(records: Iterator[Record]) -> None:
    """Send the records as they come; what goes wrong on the way is the last one."""
    with _claim_output() as output:
        try:
            for record in records:
                _send(output, record)
        except ParsingError as error:
            _send(output, ErrorRecord(error.code, str(error)))
        except MemoryError:
            _send(output, ErrorRecord(ParserFailed.code, "Reading the file takes more memory than is allowed."))
        except Exception as error:  # a library's own failure on a hostile file, whatever its class
            message = f"The file could not be read: its parser failed ({type(error).__name__})."
            _send(output, ErrorRecord(ParserFailed.code, message, traceback.format_exc()))


def _pages(media_type: str, limits: Limits, missing: str) -> Iterator[Record]:
    count = 0
    for total, page in _parse(sys.stdin.buffer.read(), media_type, limits):
        count += 1
        yield PageRecord(total, page)
    yield DoneRecord(count, missing)


def _parse(content: bytes, media_type: str, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    """Pages, held to the limits that are the same for every format."""
    form = FORMATS.get(media_type)
    if form is None:
        raise UnsupportedFile(f"Files of the type {media_type} cannot be read.")
    if form.zipped:
        check_archive(content, limits, allow_doctype=form.doctype_allowed)
    characters, has_text = 0, False
    for count, (total, page) in enumerate(form.load()(content, limits), start=1):
        characters += len(page.text)
        if count > limits.max_pages:
            raise FileTooLarge(f"The file has more than {limits.max_pages:,} pages.")
        if characters > limits.max_characters or len(page.text) > MAX_PAGE_CHARACTERS:
            raise FileTooLarge("The file holds more text than can be read.")
        has_text = has_text or bool(page.text.strip())
        yield total, page
    if not has_text:
        raise NoTextFound(_NO_TEXT_IN_PDF if media_type == PDF else _NO_TEXT)


def _send(output: BinaryIO, record: Record) -> None:
    output.write(pack(record))
    output.flush()


def _claim_output() -> BinaryIO:
    """Standard output for records alone: whatever a library prints goes to standard error."""
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(output, "wb")


def _limit_resources(limits: Limits) -> None:
    """Limit what this process may use, for good."""
    # Private data, not address space: libraries reserve far more addresses than they use.
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, grace=1)  # a hard limit alone kills without saying why
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    _limit(resource.RLIMIT_NPROC, 0)  # the superuser is not held to it: refuse_calls is


def _confine() -> str:
    """Close the network, other processes and files to this process, for good; names what the platform cannot close."""
    closed = {
        "files": leave_files(_folders_python_reads()),
        "the network and other processes": refuse_calls(),
    }
    return ", ".join(name for name, done in closed.items() if not done)


def _folders_python_reads() -> set[str]:
    """Where modules and shared libraries lie. Not the project itself, which keeps its settings and its database."""
    package = Path(__file__).resolve().parents[1]
    modules = {path for path in sys.path if path and Path(path).resolve() != package.parent}
    return {sys.prefix, sys.base_prefix, str(package), "/usr", "/lib", "/lib64", *modules}


def _limit(kind: int, soft: int, grace: int = 0) -> None:
    """Set a limit, and a hard one `grace` above it, no higher than the one already set."""
    allowed = resource.getrlimit(kind)[1]
    hard = soft + grace if allowed == resource.RLIM_INFINITY else min(soft + grace, allowed)
    resource.setrlimit(kind, (min(soft, hard), hard))


def _die_with(parent: int) -> None:
    """End when the thread that started this process ends, however it ends. Only Linux knows this.

    Elsewhere the CPU limit and the closed pipe end an orphan.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call above
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
