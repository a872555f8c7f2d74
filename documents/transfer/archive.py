"""Open a zip file from elsewhere without trusting it: its directory's size, names, sizes and checksums. Pure.

Nothing is ever unpacked to disk, and no name in the file becomes a path.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from documents.transfer.layout import FileRefused

MAX_DIRECTORY_BYTES = 64 * 2**20  # read into memory as a whole; 200,000 documents
MAX_RATIO = 200  # inflated to stored, over the whole file: originals and vectors are stored as they are
STEP_BYTES = 1024 * 1024
END, END_BYTES, MAX_COMMENT_BYTES = b"PK\x05\x06", 22, 65_535
END64, LOCATOR64, LOCATOR64_BYTES = b"PK\x06\x06", b"PK\x06\x07", 20
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError)
DAMAGED = "The file is damaged: {}."


class MemberReader:
    """A member's bytes in order. At its end its size and SHA-256 must be what the manifest says."""

    def __init__(self, stream: IO[bytes], name: str, size: int, sha256: str) -> None:
        self.name = name
        self._stream, self._left, self._sha256, self._digest = stream, size, sha256, hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        return self._counted(self._guarded(lambda: self._stream.read(size)))

    def read_line(self, most: int) -> bytes:
        """The next line; b"" at the end."""
        line = self._counted(self._guarded(lambda: self._stream.readline(most)))
        if len(line) >= most:
            raise FileRefused(f"{self.name} has a line of more than {most:,} bytes.")
        return line

    def finish(self) -> None:
        """Read what is left, and compare. Raises FileRefused."""
        while self.read(STEP_BYTES):
            pass
        if self._left or self._digest.hexdigest() != self._sha256:
            raise FileRefused(f"{self.name} is not what its checksum says: the file was damaged or changed.")

    def _counted(self, content: bytes) -> bytes:
        self._left -= len(content)
        self._digest.update(content)
        if self._left < 0:
            raise FileRefused(f"{self.name} is longer than the manifest says.")
        return content

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except UNREADABLE as error:
            raise FileRefused(DAMAGED.format(f"{self.name} cannot be read ({error})")) from None


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, if its directory and what it inflates to are within bounds. Raises FileRefused."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        _require_small_directory(file)
        try:
            archive = zipfile.ZipFile(file)
        except UNREADABLE as error:
            raise FileRefused(DAMAGED.format(f"its directory cannot be read ({error})")) from None
        with archive:
            _require_plain(archive, path.stat().st_size)
            yield archive


def read_whole(archive: zipfile.ZipFile, name: str) -> bytes:
    """A small member. Raises FileRefused."""
    try:
        return archive.read(name)
    except (KeyError, *UNREADABLE):
        raise FileRefused(DAMAGED.format(f"{name} is missing or cannot be read")) from None


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str, members: Mapping[str, tuple[int, str]]) -> Iterator[MemberReader]:
    """A member that the manifest names; leaving the block, what was not read is read and the checksum compared."""
    try:
        stream = archive.open(name)
    except (KeyError, *UNREADABLE):
        raise FileRefused(DAMAGED.format(f"{name} is missing or cannot be read")) from None
    with stream:
        reader = MemberReader(stream, name, *members[name])
        yield reader
        reader.finish()


def _require_small_directory(file: IO[bytes]) -> None:
    """Look at the directory's size before anybody reads it: its memory is twenty times that."""
    length = file.seek(0, 2)
    file.seek(max(0, length - END_BYTES - MAX_COMMENT_BYTES - LOCATOR64_BYTES))
    tail = file.read()
    end = tail.rfind(END)
    if end < 0 or len(tail) < end + END_BYTES:
        raise FileRefused("This is no export of a collection: it is not a zip file, or not all of it is there.")
    (size,) = struct.unpack_from("<L", tail, end + 12)
    if size == 0xFFFFFFFF:
        size = _directory_size_64(file, tail[max(0, end - LOCATOR64_BYTES) : end])
    file.seek(0)
    if size > MAX_DIRECTORY_BYTES:
        raise FileRefused(f"The file's directory takes {size:,} bytes, more than {MAX_DIRECTORY_BYTES:,}.")


def _directory_size_64(file: IO[bytes], locator: bytes) -> int:
    try:
        (offset,) = struct.unpack_from("<Q", locator, 8)
        file.seek(offset)
        end = file.read(56)
        (size,) = struct.unpack_from("<Q", end, 40)
    except (struct.error, OSError, ValueError, OverflowError):
        size, locator, end = 0, b"", b""
    if not (locator.startswith(LOCATOR64) and end.startswith(END64)):
        raise FileRefused(DAMAGED.format("the end of its directory cannot be read"))
    return int(size)


def _require_plain(archive: zipfile.ZipFile, stored_bytes: int) -> None:
    entries = archive.infolist()
    if len({entry.filename for entry in entries}) != len(entries):
        raise FileRefused("Two parts of the file have the same name.")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise FileRefused("The file is protected by a password.")
    if sum(entry.file_size for entry in entries) > MAX_RATIO * stored_bytes:
        raise FileRefused("The file inflates to far more than its size: it looks like a zip bomb.")
