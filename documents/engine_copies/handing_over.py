"""Hand a document's vectors to the engine before it is published: what is ready is found there.

Its chunks have their ids beforehand, and an outbox row each: whoever dies in between leaves to the next one a document
that is handed over again, or, where it was deleted meanwhile, chunks that the engine is to take out.
"""

from django.db import transaction

from documents import staging
from documents.engine_copies.delivering import queue_again
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.models import Document
from documents.vector_index.base import Point
from documents.vector_index.opening import attempt, open_engine
from documents.vector_index.places import Place

VECTORS_AT_ONCE = 500  # 3 MB of vectors with 1,536 dimensions


class CopySwitched(Exception):
    """Another copy answers now than the one that a document was handed to."""


def hand_over(document: Document, place: Place | None) -> EngineCopy | None:
    """Lay the staged vectors into the copy that answers, and return it; None if Postgres does.

    Stops in the middle where the document was deleted or taken over. Raises VectorIndexUnavailable.
    """
    copy = EngineCopy.objects.answering(place.location) if place else None
    if place is None or copy is None:
        return None
    with transaction.atomic():
        if not _renew(document):
            return None
        chunk_ids = staging.reserve_ids(document)
        known = set(VectorChange.objects.of(copy).filter(chunk_id__in=chunk_ids).values_list("chunk_id", flat=True))
        queue_again(copy, [chunk_id for chunk_id in chunk_ids if chunk_id not in known])
    last = 0
    while batch := staging.reserved_vectors(document, copy.index, last, VECTORS_AT_ONCE):
        points = [Point(chunk_id, document.collection_id, vector) for chunk_id, vector in batch]
        with attempt(place, "write"):
            open_engine(place, copy.name, copy.index.dimensions).upsert(points)
        if not _renew(document, attempts=1):
            # The engine may have taken them after whoever has the document now told it otherwise.
            queue_again(copy, [point.chunk_id for point in points])
            return None
        last = batch[-1][0]
    return copy


def acknowledge(document: Document, place: Place | None, handed_to: EngineCopy | None) -> None:
    """Strike what was handed over off the outbox, in the transaction that has published the document.

    Raises CopySwitched if another copy answers now: it is to be handed to that one first.
    """
    answering = EngineCopy.objects.answering(place.location) if place else None
    if (answering and answering.pk) != (handed_to and handed_to.pk):
        raise CopySwitched
    if answering is not None:
        VectorChange.objects.of(answering).filter(chunk_id__in=document.chunks.values("pk")).delete()


def _renew(document: Document, **progress: int) -> bool:
    return Document.objects.renew_lease(document.pk, document.lease_token, **progress)
