"""The real child with parsers that hang, crash or eat: what a hostile file may do to a library, done for certain."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator

from documents.parsing.child import main
from documents.parsing.content import ParsedPage
from documents.parsing.formats import FORMATS, Format
from documents.parsing.limits import Limits

Pages = Iterator[tuple[int, ParsedPage]]


def spin(content: bytes, limits: Limits) -> Pages:
    while True:
        yield from ()


def hang(content: bytes, limits: Limits) -> Pages:
    yield 2, ParsedPage(1, "", str(os.getpid()))
    time.sleep(3600)


def eat_memory(content: bytes, limits: Limits) -> Pages:
    eaten = []
    while True:
        eaten.append(bytearray(1024 * 1024))
        yield from ()


def crash(content: bytes, limits: Limits) -> Pages:
    yield 2, ParsedPage(1, "", "before")
    ctypes.string_at(0)


def exit_early(content: bytes, limits: Limits) -> Pages:
    yield 2, ParsedPage(1, "", "before")
    os._exit(0)


def be_killed(content: bytes, limits: Limits) -> Pages:
    yield 2, ParsedPage(1, "", "before")
    os.kill(os.getpid(), signal.SIGKILL)


def fail(content: bytes, limits: Limits) -> Pages:
    yield 2, ParsedPage(1, "", "before")
    raise ZeroDivisionError


def endless(content: bytes, limits: Limits) -> Pages:
    number = 0
    while True:
        number += 1
        yield number + 1, ParsedPage(number, "", "page")


def huge_page(content: bytes, limits: Limits) -> Pages:
    yield 1, ParsedPage(1, "", "x" * 1_000_001)


def chatty(content: bytes, limits: Limits) -> Pages:
    print("a library says hello")
    yield 1, ParsedPage(1, "", "page")


def show_confinement(content: bytes, limits: Limits) -> Pages:
    try:
        os.write(os.memfd_create("file"), b"x")
        written = "written"
    except OSError as error:
        written = str(error.strerror)
    names = ",".join(sorted(os.environ))
    modules = ",".join(name for name in ("django", "numpy", "psycopg", "openai") if name in sys.modules)
    yield 1, ParsedPage(1, written, f"{names}|{modules}|{os.getpgid(0) == os.getpid()}")


for parser in (
    spin, hang, eat_memory, crash, exit_early, be_killed, fail, endless, huge_page, chatty,
    show_confinement,
):  # fmt: skip
    FORMATS[f"test/{parser.__name__}"] = Format("__main__", parser.__name__)

if __name__ == "__main__":
    main(sys.argv[1:])
