"""The real child with a parser that a file took over: it reaches for all it can, and says what it got."""

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from documents.parsing.child import main
from documents.parsing.content import ParsedPage
from documents.parsing.formats import FORMATS, Format
from documents.parsing.limits import Limits

Pages = Iterator[tuple[int, ParsedPage]]

PARENT = f"/proc/{os.getppid()}"
PROJECT = Path(__file__).resolve().parents[3]
LIBC = ctypes.CDLL(None, use_errno=True)
IO_URING_SETUP, X32_SOCKET = 425, 0x40000000 | 41


def reach_out(content: bytes, limits: Limits) -> Pages:
    """A line for each attempt: what it was, and what came of it. `content` names a folder that may be written to."""
    folder = Path(content.decode())
    attempts: dict[str, Callable[[], object]] = {
        "a connection": lambda: socket.create_connection(("127.0.0.1", 9)),
        "a name": lambda: socket.getaddrinfo("example.org", 443),
        "a datagram": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        "a local socket": lambda: socket.socket(socket.AF_UNIX),
        "a socket of the kernel": lambda: socket.socket(socket.AF_NETLINK),
        "a pair of sockets": socket.socketpair,
        "a ring": lambda: system_call(IO_URING_SETUP, 1, ctypes.create_string_buffer(120)),
        "a socket by another table": lambda: system_call(X32_SOCKET, 2, 1, 0),
        "a fork": os.fork,
        "a program": lambda: subprocess.run(["/bin/true"], check=True),
        "a program in its own place": lambda: os.execv("/bin/true", ["true"]),
        "a signal to its parent": lambda: os.kill(os.getppid(), 0),
        "a signal to everybody": lambda: os.kill(-1, 0),
        "its parent's environment": lambda: Path(PARENT, "environ").read_bytes(),
        "its parent's memory": lambda: os.open(f"{PARENT}/mem", os.O_RDONLY),
        "the project's files": lambda: (PROJECT / "manage.py").read_text(),
        "a list of them": lambda: os.listdir(PROJECT),
        "the passwords' file": lambda: Path("/etc/passwd").read_text(),
        "a file of somebody": lambda: (folder / "there").read_text(),
        "an empty file": lambda: (folder / "new").touch(),
        "an end of a file": lambda: (folder / "there").unlink(),
        "an end of a file of its own": lambda: Path(__file__).unlink(),
    }
    lines = [f"{name}: {outcome(attempt)}" for name, attempt in attempts.items()]
    yield 1, ParsedPage(1, "", "\n".join(lines))


def system_call(number: int, *arguments: object) -> int:
    result: int = LIBC.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (PermissionError, socket.gaierror) as error:
        return "refused" if isinstance(error, PermissionError) else "no name"
    except OSError as error:
        return str(error)
    return "done"


def go_on_as_usual(content: bytes, limits: Limits) -> Pages:
    """What parsers do need: a thread, a module that was not loaded yet, an encoding, a signal to itself."""
    done: list[str] = []
    thread = threading.Thread(target=lambda: done.append("thread"))
    thread.start()
    thread.join()
    done.append(__import__("colorsys").__name__)
    done.append(b"\xb5".decode("cp1250"))
    os.kill(os.getpid(), 0)
    yield 1, ParsedPage(1, "", " ".join(done))


def fork_bomb(content: bytes, limits: Limits) -> Pages:
    while True:
        os.fork()
        yield from ()


def flood_with_pages(content: bytes, limits: Limits) -> Pages:
    page = b'["page", {"total": 1, "page": {"number": 1, "label": "", "text": "x", "headings": [], "about": ""}}]'
    write_everywhere((len(page)).to_bytes(4, "big") + page)
    yield from ()


def flood_with_noise(content: bytes, limits: Limits) -> Pages:
    write_everywhere(b"A" * 4096)
    yield from ()


def write_everywhere(record: bytes) -> None:
    while True:
        for descriptor in range(1, 64):
            with contextlib.suppress(OSError):
                os.write(descriptor, record)


for parser in (reach_out, go_on_as_usual, fork_bomb, flood_with_pages, flood_with_noise):
    FORMATS[f"test/{parser.__name__}"] = Format("__main__", parser.__name__)

if __name__ == "__main__":
    main(sys.argv[1:])
