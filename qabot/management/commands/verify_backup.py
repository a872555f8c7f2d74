"""Tell whether a backup is one: restore it beside the database, check it, ask it, and drop it again."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from answers.checking import check_citations
from answers.evaluation.backup_questions import AskedAgain, ask_again
from documents.checking import check_documents
from qabot.backup.archive import Archive, read_archive
from qabot.backup.restoring import load
from qabot.backup.scratch import django_uses, scratch_database
from qabot.checked import Checked
from qabot.management.backups import (
    failures_told,
    known_migrations,
    megabytes,
    server_and_tools,
    step_in_words,
    waiting_migrations,
)
from qabot.management.progress_line import ProgressLine
from qabot.orphans import check_orphans, row_counts


@dataclass(frozen=True)
class Report:
    """What the restored database said. `seconds` by stage."""

    file: str
    size_bytes: int
    migrations_applied: int
    rows: dict[str, int]
    checks: list[Checked]
    questions: list[AskedAgain]
    seconds: dict[str, float]

    @property
    def failures(self) -> int:
        return sum(not one.holds for one in self.checks) + sum(not one.found for one in self.questions)

    def as_json(self) -> dict[str, Any]:
        checks = [{**asdict(one), "holds": one.holds} for one in self.checks]
        return {"ok": not self.failures, **asdict(self), "checks": checks}


class Command(BaseCommand):
    help = "Restore a backup into a database of its own, check it, ask it questions, and drop it again."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")

    def handle(self, *args: object, **options: Any) -> None:
        with failures_told(), ProgressLine(sys.stderr, silent=options["as_json"]) as line:
            report = verify(options["file"], line)
        if options["as_json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            self.tell(report)
        if report.failures:
            raise CommandError(f"{report.failures} of the checks and questions failed: do not rely on this backup.")

    def tell(self, report: Report) -> None:
        self.stdout.write(f"{report.file}: {megabytes(report.size_bytes)}")
        if report.migrations_applied:
            self.stdout.write(f"Of an earlier QABot: {report.migrations_applied} migrations were applied to it.")
        self.stdout.write("\nRows")
        for table, rows in sorted(report.rows.items()):
            if rows:
                self.stdout.write(f"  {rows:>12,}  {table}")
        self.stdout.write("\nChecks")
        for check in report.checks:
            self.stdout.write(f"  {'ok    ' if check.holds else 'FAILED'}  {check.words}")
        self.stdout.write("\nQuestions")
        for asked in report.questions:
            note = f" ({asked.note})" if asked.note else ""
            self.stdout.write(f"  {'ok    ' if asked.found else 'FAILED'}  {asked.question}{note}")
        stages = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items())
        self.stdout.write(f"\n{stages}.")


def verify(path: Path, line: ProgressLine) -> Report:
    """Raises BackupError where the file cannot be restored at all."""
    server, tools = server_and_tools()
    archive = read_archive(path, server, tools, known_migrations())
    started = time.monotonic()
    with scratch_database(server) as scratch:
        line.show("Restoring")
        load(archive, scratch, server, tools, lambda said: line.show(f"Restoring: {step_in_words(said)}"))
        restored = time.monotonic()
        with django_uses(scratch):
            return _examined(archive, line, restored - started)


def _examined(archive: Archive, line: ProgressLine, restoring: float) -> Report:
    """Everything that is asked of the restored database, brought to this release's tables first."""
    started = time.monotonic()
    waiting = waiting_migrations(archive)
    if waiting:
        line.show("Migrating")
        call_command("migrate", verbosity=0, interactive=False)
    line.show("Counting rows")
    rows = row_counts()
    line.show("Checking documents and answers")
    checks = [*check_documents(), check_citations(), check_orphans()]
    checked = time.monotonic()
    line.show("Asking")
    questions = ask_again(lambda asked: line.show(f"Asking: {asked} questions"))
    asking = time.monotonic() - checked
    return Report(
        file=str(archive.path),
        size_bytes=archive.size_bytes,
        migrations_applied=waiting,
        rows=rows,
        checks=checks,
        questions=questions,
        seconds={"restored": restoring, "checked": checked - started, "asked": asking},
    )
