"""Tell an engine what the outbox names: each chunk is laid in or taken out as Postgres says at that moment.

So what is delivered twice, late or out of order ends in the same state, and whoever dies leaves it to the next one.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from documents.engine_copies.models import EngineCopy, VectorChange
from documents.models import Embedding
from documents.vector_index.base import Point, VectorEngine
from documents.vector_types import as_bytes, from_bytes

CHANGES_AT_ONCE = 500  # 3 MB of vectors with 1,536 dimensions


def deliver_some(copy: EngineCopy, engine: VectorEngine, token: UUID) -> int:
    """Deliver the oldest changes, for whoever holds the copy by this token; how many. Raises VectorIndexUnavailable.

    They leave the outbox once the engine has acknowledged them. A chunk is published once and never comes back, so
    what is not embedded now was taken out, or is yet to come: then a change follows.
    """
    changes = VectorChange.objects.next_of(copy, CHANGES_AT_ONCE)
    if not changes:
        return 0
    chunk_ids = {chunk_id for _, chunk_id in changes}
    points = embedded_points(copy, chunk_ids)
    if points:
        engine.upsert(points)
    if gone := sorted(chunk_ids - {point.chunk_id for point in points}):
        engine.delete(gone)
    with transaction.atomic():
        if EngineCopy.objects.hold(copy, token):
            VectorChange.objects.filter(pk__in=[pk for pk, _ in changes]).delete()
        else:
            # It took too long, and somebody else may have told the engine of a later state before us.
            queue_again(copy, chunk_ids)
    return len(changes)


def embedded_points(copy: EngineCopy, chunk_ids: Collection[int]) -> list[Point]:
    """Those of these chunks that have a vector under the copy's index."""
    rows = Embedding.objects.filter(index=copy.index_id, chunk_id__in=chunk_ids)
    return [
        Point(chunk_id, collection_id, from_bytes(sent))
        for chunk_id, collection_id, sent in rows.values_list("chunk_id", "collection_id", as_bytes("vector"))
    ]


def queue_again(copy: EngineCopy, chunk_ids: Collection[int]) -> None:
    """Have chunks looked at once more, if the copy still stands."""
    with transaction.atomic():
        if EngineCopy.objects.filter(pk=copy.pk).exclude(state="removing").select_for_update(no_key=True).exists():
            VectorChange.objects.queue(copy, chunk_ids)
