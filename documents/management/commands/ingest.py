"""Take in files from disk, as if they had been uploaded."""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum

from documents.models import Collection, Document, Status
from documents.parsing.content import ParsingError
from documents.uploading import accept_upload

BAR_WIDTH = 30  # characters
POLL_SECONDS = 1.0
WORKING = (Status.PENDING, Status.PROCESSING)


class Command(BaseCommand):
    help = "Take in files, or all files of a folder. A running worker indexes them; --wait waits until it has."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a file or a folder")
        parser.add_argument("--collection", metavar="SLUG", default="documents", help="where to (default: documents)")
        parser.add_argument("--wait", action="store_true", help="wait until each is ready or has failed")
        parser.add_argument("--json", action="store_true", dest="as_json", help="write JSON lines, and no progress bar")

    def handle(self, *args: object, **options: Any) -> None:
        self.as_json = options["as_json"]
        collection = Collection.objects.filter(slug=options["collection"]).first()
        if collection is None:
            raise CommandError(f"There is no collection {options['collection']!r}.")
        files = list(_files(options["paths"]))
        taken, refused = self.take_in(files, collection)
        if options["wait"]:
            self.wait(taken)
        failed = self.report(taken) if options["wait"] or self.as_json else 0
        if refused or failed:
            raise CommandError(f"{refused + failed:,} of {len(files):,} files were not taken in.")

    def take_in(self, files: Sequence[Path], collection: Collection) -> tuple[list[int], int]:
        """The ids of the documents, in the files' order, and how many files were refused."""
        taken: list[int] = []
        outcomes: Counter[str] = Counter(added=0, duplicate=0, refused=0)
        for number, path in enumerate(files, start=1):
            try:
                with path.open("rb") as file:
                    accepted = accept_upload(file, path.name, collection, None, settings.QABOT_MAX_UPLOAD_BYTES)
            except (ParsingError, OSError) as error:
                outcomes["refused"] += 1
                self.refuse(path, error)
            else:
                outcomes["added" if accepted.created else "duplicate"] += 1
                taken.append(accepted.document.pk)
            self.draw(number, len(files), f"{number:,} of {len(files):,} files")
        self.end_bar(", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()))
        return list(dict.fromkeys(taken)), outcomes["refused"]

    def wait(self, document_ids: Sequence[int]) -> None:
        """Wait until no document is waiting or worked on."""
        while True:
            rows = Document.objects.filter(pk__in=document_ids)
            left = rows.filter(status__in=WORKING)
            share = len(document_ids) - sum(1 - document.progress for document in left)
            chunks = rows.aggregate(done=Sum("chunks_done"))["done"] or 0
            waiting = left.count()
            self.draw(share, len(document_ids), f"{waiting:,} documents to index, {chunks:,} chunks embedded")
            if not waiting:
                self.end_bar("")
                return
            time.sleep(POLL_SECONDS)

    def report(self, document_ids: Sequence[int]) -> int:
        """Tell what became of each document; how many failed."""
        documents = Document.objects.filter(pk__in=document_ids).order_by("pk")
        failed = [document for document in documents if document.status == Status.FAILED]
        if self.as_json:
            for document in documents:
                shown = {name: getattr(document, name) for name in ("id", "name", "status", "error_code", "error")}
                self.stdout.write(json.dumps(shown, ensure_ascii=False))
            return len(failed)
        for document in failed:
            self.stderr.write(f"{document.name}: {document.error}")
        ready = sum(document.status == Status.READY for document in documents)
        self.stdout.write(f"{ready:,} ready, {len(failed):,} failed")
        return len(failed)

    def refuse(self, path: Path, error: ParsingError | OSError) -> None:
        if self.as_json:
            code = error.code if isinstance(error, ParsingError) else "unreadable"
            refusal = {"id": None, "name": path.name, "status": "refused", "error_code": code, "error": str(error)}
            self.stdout.write(json.dumps(refusal, ensure_ascii=False))
        else:
            self.stderr.write(f"{path}: {error}")

    def draw(self, done: float, total: int, words: str) -> None:
        if self.as_json or not sys.stderr.isatty():
            return
        filled = int(BAR_WIDTH * done / total) if total else BAR_WIDTH
        sys.stderr.write(f"\r[{'█' * filled}{'·' * (BAR_WIDTH - filled)}] {words}\033[K")
        sys.stderr.flush()

    def end_bar(self, summary: str) -> None:
        if not self.as_json and sys.stderr.isatty():
            sys.stderr.write("\n")
        if summary and not self.as_json:
            self.stdout.write(summary)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and those of folders at any depth, hidden ones left out."""
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            yield from (file for file in inside if not any(part[0] == "." for part in file.relative_to(path).parts))
        elif path.is_file():
            yield path
        else:
            raise CommandError(f"There is no file or folder {str(path)!r}.")
