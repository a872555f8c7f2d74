"""See how far the engine that vectors are copied to is, bring it up to date, fill it anew, compare it with Postgres."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from documents.engine_copies.comparing import compare, queue_difference
from documents.engine_copies.keeping import CopyKeeper
from documents.engine_copies.models import CopyState, EngineCopy, VectorChange
from documents.engine_copies.status import CopyStatus, copy_statuses
from documents.engine_copies.switching import begin_copy
from documents.models import EmbeddingIndex
from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.choice import configured_place
from documents.vector_index.opening import open_engine
from documents.vector_index.places import Place
from qabot.doctor.finding import in_words
from qabot.management.progress_line import ProgressLine

WAIT_SECONDS = 0.2  # for a worker that is at the same copy


class Command(BaseCommand):
    help = "Look after the engine that VECTOR_INDEX_URL names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", metavar="status | sync | rebuild | verify", required=True)
        status = commands.add_parser("status", help="where vectors are searched for, and how far that is")
        status.add_argument("--json", action="store_true", dest="as_json", help="write JSON")
        commands.add_parser("sync", help="fill what is to be filled and deliver all that waits, now")
        commands.add_parser("rebuild", help="fill a fresh copy beside the active one, then let it answer")
        verify = commands.add_parser("verify", help="compare with Postgres, both ways; exit status 1 if they differ")
        verify.add_argument("--repair", action="store_true", help="deliver what differs")

    def handle(self, *args: object, **options: Any) -> None:
        place = configured_place()
        try:
            if options["command"] == "status":
                self.status(place, as_json=options["as_json"])
            elif place is None:
                raise CommandError("VECTOR_INDEX_URL is not set: vectors are searched for in Postgres.")
            elif options["command"] == "verify":
                self.verify(place, repair=options["repair"])
            else:
                getattr(self, options["command"])(place)
        except VectorIndexUnavailable as error:
            raise CommandError(str(error)) from None

    def status(self, place: Place | None, *, as_json: bool) -> None:
        copies = copy_statuses(place) if place else []
        if as_json:
            shown = {"location": place.location if place else None, "copies": [asdict(copy) for copy in copies]}
            self.stdout.write(json.dumps(shown, default=str))
            return
        self.stdout.write(
            f"Vectors are copied to {place.location}." if place else "Vectors are searched for in Postgres."
        )
        for copy in copies:
            self.stdout.write(line(copy))
        if place and not copies:
            self.stdout.write("Nothing is copied yet: the worker begins with it, or vector_index sync.")

    def sync(self, place: Place) -> None:
        keeper = CopyKeeper(place)
        self._work(keeper, keeper.work_once, lambda: _up_to_date(place))
        self.stdout.write("Everything is delivered.")

    def rebuild(self, place: Place) -> None:
        active = EmbeddingIndex.objects.active()
        if active is None:
            raise CommandError("Nothing is indexed yet.")
        fresh = begin_copy(active, place.location)
        if fresh is None:
            raise CommandError("A copy is being filled already, or documents are being written: try again.")
        keeper = CopyKeeper(place)
        self._work(keeper, keeper.work_once, lambda: _is_active(fresh) and _up_to_date(place))
        self.stdout.write(f"Questions are asked against the fresh copy {fresh.name} from now on.")

    def verify(self, place: Place, *, repair: bool) -> None:
        differs = False
        for copy in EngineCopy.objects.here(place.location).select_related("index"):
            difference = compare(copy, open_engine(place, copy.name, copy.index.dimensions))
            differs |= bool(difference)
            self.stdout.write(
                f"{copy.name}: {len(difference.missing):,} vectors missing, {len(difference.extra):,} too many."
            )
            if repair and difference:
                queue_difference(copy, difference)
        if differs and repair:
            self.sync(place)
        elif differs:
            raise CommandError("The engine differs from Postgres. To mend it: manage.py vector_index verify --repair")

    def _work(self, keeper: CopyKeeper, work: Callable[[], bool], done: Callable[[], bool]) -> None:
        """Work until it is done, beside a worker that may be at the same; an engine that fails ends it."""
        try:
            with ProgressLine(sys.stderr) as progress:
                while not done():
                    progress.show(f"{VectorChange.objects.count():,} changes wait")
                    worked = work()
                    failed = EngineCopy.objects.here(keeper.place.location if keeper.place else "").exclude(error="")
                    if copy := failed.first():
                        raise CommandError(f"{copy.name}: {copy.error}")
                    if not worked:
                        time.sleep(WAIT_SECONDS)
        finally:
            keeper.let_go()


def line(copy: CopyStatus) -> str:
    held = "does not answer" if copy.held is None else f"holds {copy.held:,}"
    since = f", the oldest for {in_words((now() - copy.waiting_since).total_seconds())}" if copy.waiting_since else ""
    told = f"{copy.name}  {CopyState(copy.state).label}  {copy.model}: {held} of {copy.embedded:,} vectors; "
    return f"{told}{copy.waiting:,} changes wait{since}" + (f"\n     {copy.error}" if copy.error else "")


def _up_to_date(place: Place) -> bool:
    """Each index has an active copy, none is being filled or leaving, and no change waits."""
    here = EngineCopy.objects.here(place.location)
    copied = not EmbeddingIndex.objects.kept().exclude(copies__in=here.filter(state=CopyState.ACTIVE)).exists()
    under_way = here.filter(state=CopyState.FILLING).exists() or EngineCopy.objects.leaving(place.location)
    return copied and not under_way and not VectorChange.objects.filter(copy__in=here).deliverable().exists()


def _is_active(copy: EngineCopy) -> bool:
    return EngineCopy.objects.filter(pk=copy.pk, state=CopyState.ACTIVE).exists()
