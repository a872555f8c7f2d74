"""Carry one collection from an installation to another as one file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from documents.models import Collection
from documents.options import indexing_options
from documents.transfer.exporting import FileExists, export_collection
from documents.transfer.importing import Imported, import_collection
from documents.transfer.layout import FileRefused
from qabot.management.backups import megabytes
from qabot.management.progress_line import ProgressLine

NAMED_DUPLICATES = 10


class Command(BaseCommand):
    help = "Carry one collection from an installation to another as one file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write a collection's documents, pages, chunks and vectors")
        export.add_argument("slug", metavar="SLUG")
        export.add_argument("file", metavar="FILE", type=Path)
        export.add_argument("--force", action="store_true", help="replace the file if it exists")
        take_in = actions.add_parser("import", help="take an exported collection in")
        take_in.add_argument("file", metavar="FILE", type=Path)
        take_in.add_argument("--slug", help="into the collection of this slug, a new one if there is none")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            if options["action"] == "export":
                self.export(options["slug"], options["file"], overwrite=options["force"])
            else:
                self.take_in(options["file"], options["slug"])
        except (FileExists, FileRefused) as error:
            raise CommandError(str(error)) from None

    def export(self, slug: str, path: Path, *, overwrite: bool) -> None:
        collection = Collection.objects.filter(slug=slug).first()
        if collection is None:
            raise CommandError(f"There is no collection {slug!r}.")
        try:
            with ProgressLine(sys.stderr) as line:
                manifest = export_collection(
                    collection, path, overwrite=overwrite, on_progress=_telling(line, "Exporting")
                )
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{path}: {manifest.documents:,} documents, {megabytes(path.stat().st_size)}.")

    def take_in(self, path: Path, slug: str | None) -> None:
        with ProgressLine(sys.stderr) as line:
            imported = import_collection(
                path, slug, indexing_options(), settings.QABOT_MAX_UPLOAD_BYTES, _telling(line, "Importing")
            )
        collection = imported.collection
        self.stdout.write(
            f"{collection.slug}: {imported.added:,} documents added, {imported.waiting:,} wait to be indexed, "
            f"{len(imported.duplicates):,} were there already."
        )
        for name in imported.duplicates[:NAMED_DUPLICATES]:
            self.stdout.write(f"already there: {name}")
        if imported.created:
            self.stdout.write(
                f"Who may read it: {collection.get_readers_display().lower()}. The admin changes that and adds members."
            )
        self.explain_waiting(imported)

    def explain_waiting(self, imported: Imported) -> None:
        if imported.waiting and imported.model and not imported.vectors_taken:
            self.stdout.write(
                f"Its vectors are of {imported.model}, which is not the model documents are embedded with here."
            )


def _telling(line: ProgressLine, doing: str) -> Any:
    return lambda done, total: line.show(f"{doing}: {done:,} of {total:,} documents")
