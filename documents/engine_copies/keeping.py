"""Keep copies of all indexes in the configured engine: begin, fill, deliver, compare, let go.

A worker's thread does it, knowing nothing of documents. One worker at a time holds a copy; whoever dies leaves the
outbox to the next one.
"""

import logging
import threading
import time
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, connection, transaction

from documents.engine_copies.comparing import compare, embedded_count, queue_difference
from documents.engine_copies.delivering import deliver_some
from documents.engine_copies.models import CopyState, EngineCopy, VectorChange
from documents.engine_copies.postponing import note_progress, postpone_copy
from documents.engine_copies.switching import activate_copy, begin_copy, embedding_writers, fill_anew, forget_some
from documents.models import Embedding, EmbeddingIndex, IndexState
from documents.vector_index.base import VectorEngine, VectorIndexUnavailable
from documents.vector_index.opening import close_engine, open_engine
from documents.vector_index.places import Place

IDLE_SECONDS = 1.0  # between two looks at the outbox
REST_SECONDS = 30.0  # after an error of ours
LOOK_SECONDS = 15.0  # between two looks whether an engine that is told nothing is there
COMPARE_SECONDS = 600.0  # between two comparisons with Postgres's own count
QUEUED_AT_ONCE = 5_000  # of a copy being filled: what documents bring meanwhile need not wait behind all of it

log = logging.getLogger(__name__)


def keep_until(stop: threading.Event, place: Place | None) -> None:
    """Keep copies until told to stop; where no engine is configured, until what is known of copies is forgotten."""
    keeper = CopyKeeper(place)
    while not stop.is_set():
        try:
            worked = keeper.work_once()
            if place is None and not worked:
                return
        except (DatabaseError, InterfaceError) as error:
            log.warning("The database is not available: %s", type(error).__name__)
            worked = False
        except Exception:
            # An engine's client raised what its module does not know. Whatever it is, the thread must outlive it.
            log.exception("engine copies not kept")
            stop.wait(REST_SECONDS)
            worked = False
        finally:
            connection.close()
        if not worked:
            stop.wait(IDLE_SECONDS)
    keeper.let_go()


class CopyKeeper:
    """One worker's keeping of copies in a place; None lets all copies go."""

    def __init__(self, place: Place | None) -> None:
        self.place = place
        self._token = uuid4()
        self._ensured: set[int] = set()  # copies that the engine has a place for
        self._counts: dict[int, int] = {}  # by copy: what the engine held when nothing was left to deliver
        self._writers: dict[int, set[str]] = {}  # by copy: transactions that may not know of it
        self._look_at: dict[int, float] = {}  # by copy: time.monotonic()
        self._compare_at: dict[int, float] = {}

    def work_once(self) -> bool:
        """Do a little for each copy; False if there is nothing to do now."""
        place = self.place
        leaving = list(EngineCopy.objects.elsewhere(place.location if place else None)[:1])
        for copy in leaving:
            forget_some(copy)
        if place is None:
            return bool(leaving)
        here = EngineCopy.objects.here(place.location)
        here.filter(index__state=IndexState.REMOVING).update(state=CopyState.REMOVING)
        begun = [begin_copy(index, place.location) for index in EmbeddingIndex.objects.kept().exclude(copies__in=here)]
        removed = [self._remove(place, copy) for copy in EngineCopy.objects.leaving(place.location)]
        worked = [self.keep(copy) for copy in EngineCopy.objects.due(place.location)]
        return any([*leaving, *begun, *removed, *worked])

    def keep(self, copy: EngineCopy) -> bool:
        """Do a little for a copy at the configured place; False if there is nothing, or another worker is at it."""
        if self.place is None or not self._has_work(copy) or not EngineCopy.objects.hold(copy, self._token):
            return False
        try:
            engine = open_engine(self.place, copy.name, copy.index.dimensions)
            if copy.pk not in self._ensured:
                engine.ensure()
                self._ensured.add(copy.pk)
            worked = self._step(copy, engine)
        except VectorIndexUnavailable as error:
            # Whatever it comes back as, it is made sure of and compared.
            self._ensured.discard(copy.pk)
            self._compare_at.pop(copy.pk, None)
            postpone_copy(copy, str(error))
            return True
        if not worked:
            EngineCopy.objects.release(self._token)
        return worked

    def let_go(self) -> None:
        """Release what this worker holds, as it ends: the next one goes on at once."""
        EngineCopy.objects.release(self._token)

    def _has_work(self, copy: EngineCopy) -> bool:
        due = time.monotonic() >= self._look_at.get(copy.pk, 0.0)
        return due or copy.state == CopyState.FILLING or VectorChange.objects.of(copy).deliverable().exists()

    def _step(self, copy: EngineCopy, engine: VectorEngine) -> bool:
        if deliver_some(copy, engine, self._token):
            self._counts.pop(copy.pk, None)
            note_progress(copy)
            return True
        if copy.state == CopyState.FILLING:
            return self._settled(copy) and (bool(queue_next(copy)) or self._complete(copy, engine))
        return self._look(copy, engine)

    def _settled(self, copy: EngineCopy) -> bool:
        """Whether all have ended who wrote embeddings when we first saw the copy."""
        now = embedding_writers()
        self._writers[copy.pk] = self._writers.get(copy.pk, now) & now
        return not self._writers[copy.pk]

    def _complete(self, copy: EngineCopy, engine: VectorEngine) -> bool:
        """All is delivered: let the copy answer, unless the engine lacks what it acknowledged."""
        if self._mend(copy, engine, engine.count()):
            postpone_copy(copy, "The engine does not hold what it acknowledged.")
            return True
        return activate_copy(copy)

    def _look(self, copy: EngineCopy, engine: VectorEngine) -> bool:
        """See that an engine which is told nothing is there, and holds what it held; whether something is to be mended.

        Postgres counts its own now and then only: of ten million rows that takes seconds.
        """
        now, held = time.monotonic(), engine.count()
        note_progress(copy)
        self._look_at[copy.pk] = now + LOOK_SECONDS
        shrunk = held < self._counts.get(copy.pk, 0)
        self._counts[copy.pk] = held
        if not shrunk and now < self._compare_at.get(copy.pk, 0.0):
            return False
        self._compare_at[copy.pk] = now + COMPARE_SECONDS
        return self._mend(copy, engine, held)

    def _mend(self, copy: EngineCopy, engine: VectorEngine, held: int) -> bool:
        """Queue what differs; whether anything did. Ids are compared only where the counts differ."""
        if held == embedded_count(copy):
            return False
        difference = compare(copy, engine)
        if not difference:
            return False
        if copy.state == CopyState.ACTIVE and len(difference.missing):
            fill_anew(copy)
        queue_difference(copy, difference)
        return True

    def _remove(self, place: Place, copy: EngineCopy) -> bool:
        """Take a copy out of the engine, then forget it."""
        if not EngineCopy.objects.hold(copy, self._token):
            return False
        try:
            open_engine(place, copy.name, copy.index.dimensions).drop()
        except VectorIndexUnavailable as error:
            postpone_copy(copy, str(error))
            return False
        close_engine(place, copy.name, copy.index.dimensions)
        forget_some(copy)
        return True


def queue_next(copy: EngineCopy) -> int:
    """Queue the next chunks of an index that is being copied; how many."""
    rows = Embedding.objects.filter(index=copy.index_id, chunk_id__gt=copy.filled_to).order_by("chunk_id")
    chunk_ids = list(rows.values_list("chunk_id", flat=True)[:QUEUED_AT_ONCE])
    if chunk_ids:
        with transaction.atomic():
            VectorChange.objects.queue(copy, chunk_ids)
            EngineCopy.objects.filter(pk=copy.pk).update(filled_to=chunk_ids[-1])
        copy.filled_to = chunk_ids[-1]
    return len(chunk_ids)
