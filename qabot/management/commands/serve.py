"""Serve the whole application: the web server and, unless WORKER_IN_WEB is off, its workers beside it."""

import os
import shlex
import socket
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from qabot import first_start, sizing
from qabot.machine import MEGABYTE
from qabot.secret_key import require_production_secrets
from qabot.signin import signin_link

LOOPBACK = "127.0.0.1"
# How glibc keeps memory, unless the environment says otherwise. Of itself it gives each of a web process's many threads
# a heap of its own, and after the first large buffer that is freed it puts ever larger ones (32 MB) into those heaps,
# where the holes stay; docs/reliability.md has what both cost.
HEAPS = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(4 * MEGABYTE),  # a smaller one makes embedding a question a third slower
    "MALLOC_TRIM_THRESHOLD_": str(4 * MEGABYTE),
}


class Command(BaseCommand):
    help = "Run gunicorn and its workers as sibling processes until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first migrate, collect static files and, if there is no superuser, make one and print its link",
        )

    def handle(self, *args: object, **options: bool) -> None:
        require_production_secrets()
        if not settings.ON_DYNO:
            _require_free_port(settings.PORT)
        announcement = _prepare() if options["prepare"] else ""
        _become_supervisor(announcement)


def _prepare() -> str:
    """Returns what to tell the person who started us, once the address answers."""
    first_start.migrate()
    first_start.collect_static_files()
    administrator = first_start.first_administrator()
    lines = [f"\n{settings.SITE_NAME} is at {settings.SITE_URL} (Ctrl-C stops it)"]
    if administrator is not None:
        lines.append(f"Sign in as {administrator.username}, once, within an hour: {signin_link(administrator)}")
    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it
    return "\n".join(lines) + "\n"


def _become_supervisor(announcement: str) -> None:
    python = shlex.quote(sys.executable)
    manage = shlex.quote(str(settings.BASE_DIR / "manage.py"))
    command = [sys.executable, "-m", "qabot.supervisor", "--port", str(settings.PORT)]
    command += ["--web", f"{python} -m gunicorn --config gunicorn.conf.py qabot.wsgi"]
    if workers := sizing.from_settings().workers():
        command += ["--worker", f"{python} {manage} worker", "--workers", str(workers)]
    if announcement:
        command += ["--announcement", str(_readable(announcement))]
    os.chdir(settings.BASE_DIR)
    for name, value in HEAPS.items():
        os.environ.setdefault(name, value)
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - ourselves, no shell


def _readable(text: str) -> int:
    """A file descriptor to read `text` from: arguments are shown to every user of the machine, this is not."""
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    os.set_inheritable(reader, True)
    return reader


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken by another program. Choose another one: PORT={port + 1} bin/run"
            ) from error
