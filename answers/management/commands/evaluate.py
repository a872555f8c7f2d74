"""Measure how well questions are answered: on public sets, or on one's own questions."""

import json
import logging
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection

from answers.answering import AnsweringOptions
from answers.evaluation.corpora import bring_corpus, check_stands, hashes_by_name, own_corpus, remove_corpus
from answers.evaluation.injections import NAME as INJECTIONS
from answers.evaluation.injections import load_injections
from answers.evaluation.measuring import measure
from answers.evaluation.own_questions import load_questions, with_documents
from answers.evaluation.questions import EvaluationSet, SetError
from answers.evaluation.report import (
    FloorError,
    Result,
    as_json,
    below,
    heading,
    latency_table,
    read_floor,
    table,
)
from answers.evaluation.running import LEGS, QUOTING
from answers.evaluation.sets import load_sets
from answers.options import options_from_settings
from documents.models import EmbeddingIndex
from documents.options import indexing_options

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
OWN_FILES = {".csv", ".jsonl"}
NO_TABLES = "The database has no tables of ours, or older ones. Run manage.py migrate first."
STOPPED = "Stopped. What is indexed stays; the next run goes on from there."
STOPPED_CODE = 130  # 128 and the number of SIGINT, as shells count


def _count(text: str) -> int:
    """A number of questions, as argparse reads it."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of questions, which are 1 or more")
    return int(text)


ARGUMENTS: list[tuple[str, dict[str, Any]]] = [
    ("--data", {"metavar": "DIR", "type": Path, "default": DATA, "help": "where sets lie (../shared/data)"}),
    ("--collection", {"metavar": "SLUG", "help": "the collection that a file of your own questions is asked of"}),
    ("--index", {"metavar": "MODEL", "help": "run only if questions are asked under this embedding model"}),
    ("--legs", {"metavar": "LEGS", "default": ",".join(LEGS), "help": "default: all (%(default)s)"}),
    ("--limit", {"metavar": "N", "type": _count, "help": "N answerable questions and N others, spread over the set"}),
    ("--json", {"metavar": "FILE", "type": Path, "dest": "json_file", "help": "write the figures there as well"}),
    ("--floor", {"metavar": "METRIC=VALUE", "action": "append", "default": [], "help": "exit 1 below (LEG:METRIC=…)"}),
    ("--whole-documents", {"action": "store_true", "help": "index corpus.jsonl even where a set has passages"}),
    ("--keep", {"action": "store_true", "help": "use what is indexed though the code of the write path changed"}),
    ("--fresh", {"action": "store_true", "help": "index the corpus again"}),
    ("--writer", {"action": "store_true", "help": "injections: have the configured model write (default: quote)"}),
    ("--remove", {"action": "store_true", "help": "remove the indexed corpus in the end"}),
]


class Command(BaseCommand):
    help = "Ask sets of questions through the real write path and read path; print what was found, leg by leg."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = f"a set of --data (xquad/de: in one language), {INJECTIONS}, a folder, or a CSV or JSONL of your own"
        parser.add_argument("sets", metavar="SET", nargs="+", help=words)
        for name, about in ARGUMENTS:
            parser.add_argument(name, **about)

    def handle(self, *args: object, **options: Any) -> None:
        with _quiet("documents", "answers"):
            try:
                self.evaluate(options)
            except (SetError, FloorError) as error:
                raise CommandError(str(error)) from None
            except ProgrammingError:
                raise CommandError(NO_TABLES) from None
            except KeyboardInterrupt:
                connection.close()  # it may have come in the middle of a query: nothing more can be asked there
                raise CommandError(STOPPED, returncode=STOPPED_CODE) from None

    def evaluate(self, options: dict[str, Any]) -> None:
        """Everything that can be wrong with what was asked for is said before the work begins."""
        floors = [read_floor(text) for text in options["floor"]]
        legs = _legs(options["legs"])
        _check_index(options["index"])
        _check_json(options["json_file"])
        answering = _answering(options)
        sets = [asked for named in options["sets"] for asked in _load(named, options)]
        results = []
        for asked in sets:
            results.append(self.measure(asked, legs, options, answering))
            _write_json(results, options["json_file"])
        if misses := below(floors, results):
            raise CommandError("\n".join(misses))

    def measure(
        self, asked: EvaluationSet, legs: Sequence[str], options: dict[str, Any], answering: AnsweringOptions
    ) -> Result:
        if asked.files:
            corpus = bring_corpus(asked, indexing_options(), sys.stderr, keep=options["keep"], fresh=options["fresh"])
        else:
            corpus = own_corpus(options["collection"])
        result = measure(asked.limited(options["limit"]), corpus, legs, options["data"], sys.stderr, answering)
        if asked.files:
            check_stands(corpus)
            if options["remove"]:
                remove_corpus(corpus)
        self.stdout.write(f"\n{heading(result)}\n{table(result)}\n\n{latency_table(result)}")
        if result.note:
            self.stdout.write(f"\n{result.note}")
        return result


def _load(named: str, options: dict[str, Any]) -> list[EvaluationSet]:
    path = Path(named)
    if path.suffix.lower() in OWN_FILES:
        if not path.is_file():
            raise SetError(f"There is no file {named!r}.")
        if not options["collection"]:
            raise SetError(f"Name the collection that the questions of {path.name} are asked of with --collection.")
        own = load_questions(path)
        return [with_documents(own, hashes_by_name(own_corpus(options["collection"])))]
    if named == INJECTIONS:
        return [load_injections(options["data"])]
    return load_sets(named, options["data"], options["whole_documents"])


def _legs(text: str) -> list[str]:
    named = [leg.strip() for leg in text.split(",") if leg.strip()]
    if unknown := [leg for leg in named if leg not in LEGS]:
        raise SetError(f"There is no leg {unknown[0]!r}. There are: {', '.join(LEGS)}.")
    if not named:
        raise SetError(f"Name a leg. There are: {', '.join(LEGS)}.")
    return named


def _answering(options: dict[str, Any]) -> AnsweringOptions:
    """Sentences are quoted, unless injections are asked of the model that is configured."""
    if not options["writer"]:
        return QUOTING
    if options["sets"] != [INJECTIONS]:
        raise SetError(f"--writer is for {INJECTIONS} alone: other sets are answered without a model that writes.")
    configured = options_from_settings()
    if configured.writer is None:
        raise SetError("--writer needs a model that writes, and none is configured: see docs/settings.md.")
    return configured


def _check_index(model: str | None) -> None:
    active = EmbeddingIndex.objects.active()
    asked_under = active.model if active else settings.QABOT_EMBEDDING_MODEL
    if model and model != asked_under:
        raise SetError(f"Questions are asked under the embedding model {asked_under}, not {model}.")


def _check_json(path: Path | None) -> None:
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise SetError(f"The figures cannot be written to {str(path)!r}: there is no such folder, or it is one itself.")


def _write_json(results: Sequence[Result], path: Path | None) -> None:
    """One set as an object, several as a list; after each set, so that a long run is not lost."""
    if path is not None:
        figures = [as_json(result) for result in results]
        text = json.dumps(figures[0] if len(figures) == 1 else figures, ensure_ascii=False, indent=2)
        path.write_text(f"{text}\n", encoding="utf-8")


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """Keep the lines of each document indexed out of the table."""
    loggers = {name: logging.getLogger(name) for name in names}
    levels = {name: logger.level for name, logger in loggers.items()}
    for logger in loggers.values():
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for name, logger in loggers.items():
            logger.setLevel(levels[name])
