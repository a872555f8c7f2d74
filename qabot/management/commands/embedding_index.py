"""Change the embedding model while QABot runs: begin an index, see how far it is, switch to it, go back, remove it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime, now

from answers.options import paying_for_indexing
from documents.embedding.base import EmbedderUnavailable
from documents.embedding_indexes.estimating import plan_index
from documents.embedding_indexes.removing import remove_some
from documents.embedding_indexes.status import IndexStatus, advice, index_statuses
from documents.embedding_indexes.switching import IndexRefused, activate, begin, give_up, roll_back
from documents.embedding_indexes.words import plan_in_words
from documents.indexing import NotToday
from documents.models import EmbeddingIndex, IndexState
from documents.options import indexing_options
from qabot.provider_contract import ProviderError


class Command(BaseCommand):
    help = "Change the embedding model while QABot runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = "create | status | activate | rollback | retire"
        commands = parser.add_subparsers(dest="command", metavar=names, required=True)
        create = commands.add_parser("create", help="begin an index: the worker fills it while no document waits")
        create.add_argument("--model", help="the embedding model (default: EMBEDDING_MODEL)")
        create.add_argument("--dimensions", type=int, help="of its vectors (default: the model's own)")
        status = commands.add_parser("status", help="how far every index is")
        activating = commands.add_parser("activate", help="ask questions against this index from now on")
        going_back = commands.add_parser("rollback", help="ask against the index that was active before")
        retiring = commands.add_parser("retire", help="remove an index that is not active")
        for command in (activating, retiring):
            command.add_argument("id", type=int, metavar="ID")
        for command in (create, retiring):
            command.add_argument("--yes", action="store_true", help="do not ask")
        for command in (create, status, activating, going_back, retiring):
            command.add_argument("--json", action="store_true", dest="as_json", help="write JSON")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            getattr(self, options["command"])(options)
        except (IndexRefused, EmbedderUnavailable, ProviderError, NotToday) as error:
            raise CommandError(str(error)) from None

    def create(self, options: dict[str, Any]) -> None:
        indexing = replace(indexing_options(), paying=paying_for_indexing)
        model = options["model"] or indexing.embedding_model
        # The configured dimensions are the configured model's.
        usual = indexing.embedding_dimensions if model == indexing.embedding_model else None
        plan = plan_index(model, options["dimensions"] or usual, indexing, settings.QABOT_MODEL_PRICES)
        for sentence in plan_in_words(plan):
            self.stderr.write(sentence)
        self._confirm(options, "Begin?")
        index = begin(plan.model, plan.dimensions)
        self._report(options, {"id": index.pk, **asdict(plan)}, f"Index {index.pk} of {index} is being filled.")

    def status(self, options: dict[str, Any]) -> None:
        statuses, configured = index_statuses(), indexing_options()
        if options["as_json"]:
            shown = [asdict(one) | {"missing": one.missing, "complete": one.complete} for one in statuses]
            self._write_json({"indexes": shown, "configured": configured.embedding_model, "advice": advice(configured)})
            return
        for one in statuses:
            self.stdout.write(line(one))
            if one.error:
                self.stdout.write(f"     waits: {one.error}{_until(one)}")
        if not statuses:
            self.stdout.write("No index yet: the first document makes one.")
        if sentence := advice(configured):
            self.stdout.write(sentence)

    def activate(self, options: dict[str, Any]) -> None:
        self._report_active(options, activate(options["id"]))

    def rollback(self, options: dict[str, Any]) -> None:
        self._report_active(options, roll_back())

    def retire(self, options: dict[str, Any]) -> None:
        doomed = EmbeddingIndex.objects.kept().exclude(state=IndexState.ACTIVE).filter(pk=options["id"]).first()
        if doomed is not None:
            self.stderr.write(
                f"Index {doomed.pk} of {doomed} goes for good, with {doomed.embeddings.count():,} embeddings."
            )
            self._confirm(options, "Remove it?")
        index = give_up(options["id"])
        while remove_some(index):
            pass
        left = EmbeddingIndex.objects.filter(pk=index.pk).exists()
        said = "The worker removes what a backup or a document still holds." if left else "It was removed."
        state = IndexState.REMOVING.value if left else "removed"
        self._report(options, {"id": index.pk, "state": state}, f"Index {index.pk} of {index}: {said}")

    def _report_active(self, options: dict[str, Any], index: EmbeddingIndex) -> None:
        shown = {"id": index.pk, "model": index.model, "dimensions": index.dimensions, "state": index.state}
        self._report(options, shown, f"Questions are asked against index {index.pk} of {index} from now on.")
        if sentence := advice(indexing_options()):
            self.stderr.write(sentence)

    def _confirm(self, options: dict[str, Any], question: str) -> None:
        if options["yes"]:
            return
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here. If that is what you want, add --yes.")
        if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")

    def _report(self, options: dict[str, Any], value: dict[str, Any], sentence: str) -> None:
        if options["as_json"]:
            self._write_json(value)
        else:
            self.stdout.write(sentence)

    def _write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, default=str, ensure_ascii=False))


def line(one: IndexStatus) -> str:
    state = IndexState(one.state).label
    how_far = f"{one.embedded:,} of {one.chunks:,} chunks ({one.percent} %)"
    lacking = (
        "" if one.searchable or one.missing or one.state == IndexState.REMOVING else ", search index not built yet"
    )
    return f"{one.id:>3}  {state:13}  {one.model} ({one.dimensions:,})  {how_far}{lacking}"


def _until(one: IndexStatus) -> str:
    if one.postponed_until is None or one.postponed_until < now():
        return ""
    return f" Tried again at {localtime(one.postponed_until):%H:%M:%S}."
