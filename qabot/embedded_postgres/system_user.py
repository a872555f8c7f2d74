"""PostgreSQL refuses to run as root: find it a system user, and open to that user what it needs, no more."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from qabot.embedded_postgres.binaries import EmbeddedPostgresError

SYSTEM_USER = "pgserver"


def system_user() -> pwd.struct_passwd | None:
    """The user the server runs under, or None: that of this process."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
        return pwd.getpwnam(SYSTEM_USER)


def _add_system_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - fixed, no shell
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and no system user {SYSTEM_USER!r} could be added for it. "
            f"Add one, run as an ordinary user, or set DATABASE_URL. ({error})"
        ) from error


def make_private(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder that `user` alone may enter. Raises EmbeddedPostgresError if it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is None and folder.stat().st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{folder} belongs to another user (was QABot run as root before?). "
            "Run as that user, set VAR_DIR to a folder of your own, or set DATABASE_URL."
        )
    if user is not None:
        shutil.chown(folder, user.pw_uid, user.pw_gid)
        _let_pass(folder.parent)


def open_programs(folders: Iterable[Path]) -> None:
    """Let every user run the programs in these folders; a clone under /root is closed to others."""
    for folder in folders:
        _let_pass(folder.parent)
        _let_read(folder)


def _let_pass(folder: Path) -> None:
    """Others may walk through these folders (as through /home), but still not list them."""
    for step in (folder, *folder.parents):
        _add_mode(step, stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    """Needed only where the umask of the installation closed the files; the copies are of public programs."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)
