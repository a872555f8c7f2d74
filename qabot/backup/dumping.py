"""Write the whole database into one file. Knows nothing of what is in it."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qabot.backup.failures import BackupError, WouldOverwrite
from qabot.backup.server import Server
from qabot.backup.tools import Tools

# gzip's usual level 6 takes three times as long and saves a tenth: signs and vectors hardly shrink. Measured.
COMPRESSION = "1"
ARGUMENTS = ["--format=custom", f"--compress={COMPRESSION}", "--no-owner", "--no-acl", "--verbose"]

OnWritten = Callable[[int], None]  # bytes so far


@dataclass(frozen=True)
class Dumped:
    size_bytes: int
    seconds: float


def dump(server: Server, tools: Tools, path: Path, *, overwrite: bool, on_written: OnWritten) -> Dumped:
    """Dump the configured database. Under its own name the file is there whole, or not at all.

    Everything in it is of one moment, whatever is written meanwhile. It holds people's documents and hashes of
    passwords, so nobody else may read it. Raises WouldOverwrite, BackupError and ToolFailed.
    """
    if path.exists() and not overwrite:
        raise WouldOverwrite(f"{path} exists already. Take another name, or --force to replace it.")
    started = time.monotonic()
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        _make_private_file(partial)
        tools.run(
            "pg_dump",
            [*ARGUMENTS, f"--file={partial}"],
            server.environment(server.database),
            lambda said: on_written(partial.stat().st_size),
        )
        _write_through(partial)
        os.replace(partial, path)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
    return Dumped(path.stat().st_size, time.monotonic() - started)


def _make_private_file(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _write_through(path: Path) -> None:
    """To the disk, before the name says that it is there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
