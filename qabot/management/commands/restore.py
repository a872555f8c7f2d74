"""Load a backup into the configured database."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qabot.backup.archive import Archive, read_archive
from qabot.backup.failures import DatabaseNotEmpty
from qabot.backup.restoring import fill, replace, require_unused
from qabot.backup.server import Server
from qabot.management.backups import (
    failures_told,
    known_migrations,
    megabytes,
    server_and_tools,
    step_in_words,
    waiting_migrations,
)
from qabot.management.progress_line import ProgressLine


class Command(BaseCommand):
    help = "Load a backup, of bin/backup or of heroku pg:backups:download, into the configured database."
    requires_system_checks = []  # it must run on a database that holds nothing yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="drop what the database holds, once the backup is loaded; on a terminal its name is asked for",
        )

    def handle(self, *args: object, **options: Any) -> None:
        with failures_told():
            server, tools = server_and_tools()
            archive = read_archive(options["file"], server, tools, known_migrations())
            empty = server.is_empty(server.database)
            if not empty:
                self.require_consent(server, replace_it=options["replace"])
            started = time.monotonic()
            with ProgressLine(sys.stderr) as line:
                line.show("Restoring")
                (fill if empty else replace)(
                    archive, server, tools, lambda said: line.show(f"Restoring: {step_in_words(said)}")
                )
        self.stdout.write(f"{megabytes(archive.size_bytes)} restored in {time.monotonic() - started:.1f} s.")
        self.tell_what_is_left(archive)

    def require_consent(self, server: Server, *, replace_it: bool) -> None:
        """Raises DatabaseNotEmpty, DatabaseInUse, and CommandError where the person thinks better of it."""
        if not replace_it:
            raise DatabaseNotEmpty(
                f"The database {server.database} is not empty. With --replace, what it holds is dropped once the "
                "backup is loaded."
            )
        require_unused(server)
        if not sys.stdin.isatty():
            return
        self.stderr.write(f"Everything in the database {server.database} will be replaced by the backup.")
        if input(f"Type its name to go on ({server.database}): ").strip() != server.database:
            raise CommandError("That is not its name. Nothing was changed.")

    def tell_what_is_left(self, archive: Archive) -> None:
        if waiting := waiting_migrations(archive):
            self.stdout.write(
                f"The backup is of an earlier QABot: {waiting} migrations are to be applied. bin/run does that when it "
                "starts; elsewhere run manage.py migrate."
            )
        self.stdout.write("Documents that were being indexed go on as soon as QABot runs.")
