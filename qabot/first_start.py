"""Make a fresh clone ready to serve: the tables, the static files, the administrator. Each step is cheap when done."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

ADMINISTRATOR = "admin"


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def collect_static_files() -> None:
    """Hash and compress the static files, unless none changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    sources = _fingerprint_of_sources()
    if stamp.is_file() and stamp.read_text() == sources:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(sources)


def first_administrator() -> User | None:
    """Make the administrator, who has no password, if there is no superuser yet; else None."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    return User.objects.create_superuser(ADMINISTRATOR, password=None)


def _fingerprint_of_sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            about = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
