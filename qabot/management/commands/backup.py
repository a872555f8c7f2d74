"""Write the whole database into one file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from qabot.backup.dumping import dump
from qabot.management.backups import failures_told, megabytes, server_and_tools
from qabot.management.progress_line import ProgressLine


class Command(BaseCommand):
    help = "Write the whole database into one file, in pg_dump's custom format. QABot may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")

    def handle(self, *args: object, **options: Any) -> None:
        path: Path = options["file"]
        with failures_told(), ProgressLine(sys.stderr) as line:
            server, tools = server_and_tools()
            line.show("Backing up")
            dumped = dump(
                server,
                tools,
                path,
                overwrite=options["force"],
                on_written=lambda written: line.show(f"Backing up: {megabytes(written)} written"),
            )
        self.stdout.write(f"{path}: {megabytes(dumped.size_bytes)} in {dumped.seconds:.1f} s.")
        self.stdout.write("Is it any good? manage.py verify_backup restores it, checks it and drops it again.")
