"""How far the copies in the configured engine are. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from documents.engine_copies.comparing import embedded_count
from documents.engine_copies.models import CopyState, EngineCopy, VectorChange
from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.opening import open_engine
from documents.vector_index.places import Place


@dataclass(frozen=True)
class CopyStatus:
    """One copy. `held` is what the engine counts, None where it does not answer; `error` says then why."""

    index: int
    model: str
    location: str
    name: str
    state: str
    embedded: int
    held: int | None
    waiting: int  # rows of the outbox
    waiting_since: datetime | None
    error: str


def copy_statuses(place: Place) -> list[CopyStatus]:
    """Those of a place, oldest first. Asks the engine."""
    copies = EngineCopy.objects.here(place.location) | EngineCopy.objects.filter(state=CopyState.REMOVING)
    return [status_of(copy, place) for copy in copies.select_related("index").order_by("pk")]


def status_of(copy: EngineCopy, place: Place) -> CopyStatus:
    queued = VectorChange.objects.of(copy).aggregate(waiting=Count("pk"), since=Min("queued_at"))
    held, error = None, copy.error
    try:
        held = open_engine(place, copy.name, copy.index.dimensions).count()
    except VectorIndexUnavailable as unavailable:
        error = error or str(unavailable)
    return CopyStatus(
        index=copy.index_id,
        model=copy.index.model,
        location=copy.location,
        name=copy.name,
        state=copy.state,
        embedded=embedded_count(copy),
        held=held,
        waiting=queued["waiting"],
        waiting_since=queued["since"],
        error=error,
    )
