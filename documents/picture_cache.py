"""A folder of bytes by name, no larger than it may be: what was used longest ago goes first. Knows no pictures.

It only spares work: what cannot be written or read is simply not there, and several processes may share the folder.
"""

import contextlib
import logging
import os
import tempfile
from pathlib import Path
from time import time

log = logging.getLogger(__name__)


class DiskCache:
    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes

    def get(self, name: str, within: float | None = None) -> bytes | None:
        """What is kept under a name; None if nothing is, or nothing that was kept `within` so many seconds."""
        path = self.folder / name
        try:
            if within is None:
                os.utime(path)
            elif time() - path.stat().st_mtime > within:
                return None
            return path.read_bytes()
        except OSError:
            return None

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name: whole, or not at all."""
        if len(content) > self.max_bytes:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self.folder / name, content)
            self._make_room()
        except OSError as error:
            log.info("not kept in the cache", extra={"reason": type(error).__name__})

    def _write(self, path: Path, content: bytes) -> None:
        descriptor, unfinished = tempfile.mkstemp(dir=self.folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            Path(unfinished).replace(path)
        except OSError:
            Path(unfinished).unlink(missing_ok=True)
            raise

    def _make_room(self) -> None:
        """Remove the oldest until the rest fits; another process may be at it, too."""
        kept = []
        for entry in os.scandir(self.folder):
            with contextlib.suppress(FileNotFoundError):
                found = entry.stat()
                kept.append((found.st_mtime, found.st_size, entry.path))
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self.max_bytes:
                return
            Path(path).unlink(missing_ok=True)
            total -= size
