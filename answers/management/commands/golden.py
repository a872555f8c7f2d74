"""Golden questions from the command line: import them, run them, list them."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from answers.evaluation.golden import FIGURES
from answers.evaluation.golden_import import import_questions
from answers.evaluation.golden_runs import NothingToAsk, RunLost, run_here
from answers.evaluation.golden_table import MAX_CSV_BYTES, ImportRefused
from answers.evaluation.models import EvaluationRun, GoldenQuestion
from answers.evaluation.progress import Progress
from answers.evaluation.querysets import GoldenQuestionQuerySet
from answers.options import options_from_settings
from documents.models import Collection

COLUMNS = "CSV with the columns question, document, quote, text, collection, answerable"
CHECKS = ("passed", "document_found", "quote_found", "text_found", "refused")
SHOWN = (*CHECKS, "document_rank", "quote_rank", "mode", "confidence", "latency_ms", "answer_text", "note")


class Command(BaseCommand):
    help = "Import golden questions, run them and list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        importing = actions.add_parser("import", help="add the questions of a CSV file, all or none")
        importing.add_argument("file", metavar="FILE", type=Path, help=COLUMNS)
        running = actions.add_parser("run", help="ask the questions now; exit 1 below a floor")
        running.add_argument("--json", metavar="FILE", type=Path, dest="json_file", help="write what was found there")
        floor = "exit 1 below, such as passed=0.9"
        running.add_argument("--floor", metavar="FIGURE=VALUE", action="append", default=[], help=floor)
        listing = actions.add_parser("list", help="list the questions with their last results")
        for action in (importing, running, listing):
            action.add_argument("--collection", metavar="SLUG", help="of this collection")

    def handle(self, *args: object, **options: Any) -> None:
        collection = _collection(options["collection"])
        if options["action"] == "import":
            self.import_file(options["file"], collection)
            return
        questions = GoldenQuestion.objects.all()
        if collection is not None:
            questions = questions.filter(collection=collection)
        if options["action"] == "list":
            self.list_questions(questions)
        else:
            self.run(questions, _floors(options["floor"]), options["json_file"], whole=collection is None)

    def import_file(self, path: Path, collection: Collection | None) -> None:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_CSV_BYTES + 1)
            longest = settings.QABOT_MAX_QUESTION_CHARACTERS
            imported = import_questions(content, Collection.objects.all(), collection, None, longest)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        except ImportRefused as refusal:
            raise CommandError(f"{refusal}\nNothing was imported.") from None
        self.stdout.write(imported.words())

    def list_questions(self, questions: GoldenQuestionQuerySet) -> None:
        words = {True: "passed", False: "failed", None: "–"}
        rows: Any = questions.select_related("collection").with_last_result()
        for golden in rows:
            where = golden.collection.slug if golden.collection else "(deleted)"
            self.stdout.write(f"{golden.pk}\t{words[golden.last_passed]}\t{where}\t{golden.question}")

    def run(
        self,
        questions: GoldenQuestionQuerySet,
        floors: dict[str, float],
        json_file: Path | None,
        *,
        whole: bool,
    ) -> None:
        try:
            with Progress(sys.stderr, "Asking, questions", questions.askable().count()) as progress:
                run = run_here(questions, uuid4(), options_from_settings(), progress.show, whole=whole)
        except NothingToAsk as error:
            raise CommandError(str(error)) from None
        except RunLost:
            raise CommandError("The run was deleted while it was under way.") from None
        if json_file is not None:
            json_file.write_text(f"{json.dumps(_as_json(run), ensure_ascii=False, indent=2)}\n", encoding="utf-8")
        self.report(run)
        if misses := _below(floors, run.figures):
            raise CommandError("\n".join(misses))

    def report(self, run: EvaluationRun) -> None:
        for result in run.results.filter(passed=False):
            self.stdout.write(f"failed: {result.question}{f' ({result.note})' if result.note else ''}")
        self.stdout.write(f"\n{run}: {run.done:,} questions")
        for name, title in FIGURES.items():
            if name in run.figures:
                self.stdout.write(f"{title:<24}{run.figures[name]:>8.1%}")
        self.stdout.write(f"{'median milliseconds':<24}{run.figures.get('median_ms', 0):>8.0f}")


def _collection(slug: str | None) -> Collection | None:
    if slug is None:
        return None
    collection = Collection.objects.filter(slug=slug).first()
    if collection is None:
        raise CommandError(f"There is no collection {slug!r}.")
    return collection


def _floors(texts: Sequence[str]) -> dict[str, float]:
    floors = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            floors[name.strip()] = float(value)
        except ValueError:
            raise CommandError(f"A floor is written like passed=0.9, not {text!r}.") from None
        if name.strip() not in FIGURES or not 0 <= floors[name.strip()] <= 1:
            raise CommandError(f"A floor is a share (0 to 1) of one of: {', '.join(FIGURES)}.")
    return floors


def _below(floors: dict[str, float], figures: dict[str, float]) -> list[str]:
    """What is below its floor, in words; a figure that no question calls for is too."""
    return [
        f"{name} is {figures[name]:.4f}, below {floor:g}." if name in figures else f"No question calls for {name}."
        for name, floor in floors.items()
        if figures.get(name, -1.0) < floor
    ]


def _as_json(run: EvaluationRun) -> dict[str, Any]:
    results = [
        {"question": result.question, **{name: getattr(result, name) for name in SHOWN}} for result in run.results.all()
    ]
    return {
        "run": run.pk,
        "questions": run.done,
        "figures": run.figures,
        "versions": run.versions,
        "results": results,
    }
