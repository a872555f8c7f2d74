"""Index waiting documents, fill embedding indexes and run waiting evaluations until SIGTERM or Ctrl-C."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from answers.abandoned import close_abandoned_until
from answers.evaluation.golden_runs import hand_back, work_on_runs_until
from answers.forgetting import forget_until
from answers.options import options_from_settings, paying_for_indexing
from documents.embedding_indexes.filling import Filler
from documents.engine_copies.keeping import keep_until
from documents.indexing import IndexingOptions
from documents.options import indexing_options
from documents.worker import connection_kept_healthy, work_until

STOP_SECONDS = 5.0  # for the question that is being asked; a dyno has 30 for everything

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Index waiting documents and run waiting evaluations until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        # SystemExit unwinds whatever is being done: transactions roll back, the parser ends, the document is released.
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, _leave)
        indexing = replace(indexing_options(), paying=paying_for_indexing)
        abandoned = _beside(close_abandoned_until, "abandoned-answers")
        copies = _beside(partial(keep_until, place=indexing.vector_place), "engine-copies")
        with abandoned, _beside(forget_until, "forgetting"), copies, _evaluating(), _filling(indexing) as spare_time:
            work_until(threading.Event(), indexing, spare_time)


@contextmanager
def _beside(work: Callable[[threading.Event], None], name: str) -> Iterator[None]:
    """Do something that no document waits for, in a thread of its own, until it is told to stop."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_SECONDS)


@contextmanager
def _evaluating() -> Iterator[None]:
    """Run evaluations in a thread of their own, so that no document waits for them."""
    stop, token = threading.Event(), uuid4()
    asking = threading.Thread(
        target=work_on_runs_until, args=(stop, token, options_from_settings), name="golden-runs", daemon=True
    )
    asking.start()
    try:
        yield
    finally:
        stop.set()
        asking.join(STOP_SECONDS)
        try:
            with connection_kept_healthy():
                hand_back(token)  # also what the thread, waiting for a model, could not
        except DatabaseError as error:
            log.warning("The run could not be handed back: %s", type(error).__name__)


@contextmanager
def _filling(options: IndexingOptions) -> Iterator[Callable[[], bool]]:
    """What fills embedding indexes in spare time; the next worker goes on with it at once."""
    filler = Filler(options)
    try:
        yield filler.work_once
    finally:
        try:
            with connection_kept_healthy():
                filler.let_go()
        except DatabaseError as error:
            log.warning("Filling could not be handed back: %s", type(error).__name__)


def _leave(number: int, frame: FrameType | None) -> None:
    # Told twice (by the platform and by the supervisor), the worker must not be torn out of handing its document back.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(0)
