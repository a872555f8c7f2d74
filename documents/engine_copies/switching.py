"""Let a copy begin, answer, be filled anew, or go. Each is one transaction; knows nothing of how a copy is filled."""

import logging
from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from documents.engine_copies.models import CopyState, EngineCopy, VectorChange
from documents.models import EmbeddingIndex

GRACE_SECONDS = 60  # before the engine drops what questions under way may still be searched for in
CHANGES_AT_ONCE = 10_000  # of one commit

# Not by locking the table: that waits for a vacuum too, and everybody who writes would wait behind it.
WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE relation = 'documents_embedding'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

log = logging.getLogger(__name__)


def begin_copy(index: EmbeddingIndex, location: str) -> EngineCopy | None:
    """Begin a copy; None if one is being filled already."""
    try:
        with transaction.atomic():
            copy = EngineCopy.objects.begin(index.pk, location)
    except IntegrityError:
        return None
    log.info("engine copy begun", extra={"copy": copy.name, "index": index.pk})
    return copy


def embedding_writers() -> set[str]:
    """The transactions of others that write embeddings now.

    Who wrote before a copy stood told its outbox nothing: filling waits for them, and finds what they wrote.
    """
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return {transaction_name for (transaction_name,) in cursor.fetchall()}


def activate_copy(copy: EngineCopy) -> bool:
    """Ask questions against this copy from now on, and let the one before go; False if something waits to be told it.

    Who publishes holds the index's state, and so do we: it is wholly before us, and in the outbox, or wholly after.
    """
    with transaction.atomic():
        EmbeddingIndex.objects.select_for_update(no_key=True).get(pk=copy.index_id)
        standing = EngineCopy.objects.filter(pk=copy.pk, state=CopyState.FILLING).select_for_update(no_key=True)
        if VectorChange.objects.of(copy).deliverable().exists() or not standing.exists():
            return False
        before = EngineCopy.objects.filter(index=copy.index_id, location=copy.location, state=CopyState.ACTIVE)
        before.update(state=CopyState.REMOVING, postponed_until=Now() + timedelta(seconds=GRACE_SECONDS))
        standing.update(state=CopyState.ACTIVE, error="", failures=0, postponed_until=None)
    log.info("engine copy active", extra={"copy": copy.name, "index": copy.index_id})
    return True


def fill_anew(copy: EngineCopy) -> None:
    """The engine lost vectors: let Postgres answer until they are there again."""
    with transaction.atomic():
        EmbeddingIndex.objects.select_for_update(no_key=True).get(pk=copy.index_id)
        beside = EngineCopy.objects.filter(index=copy.index_id, location=copy.location, state=CopyState.FILLING)
        if not beside.exists():
            EngineCopy.objects.filter(pk=copy.pk).update(state=CopyState.FILLING)
    log.warning("engine copy incomplete", extra={"copy": copy.name, "index": copy.index_id})


def forget_some(copy: EngineCopy) -> None:
    """Forget a copy, or some of what waits to be told it. What its engine holds is not touched."""
    EngineCopy.objects.filter(pk=copy.pk).update(state=CopyState.REMOVING)  # its outbox takes no more
    doomed = VectorChange.objects.of(copy).order_by("pk").values_list("pk", flat=True)[:CHANGES_AT_ONCE]
    if not VectorChange.objects.filter(pk__in=list(doomed)).delete()[0]:
        EngineCopy.objects.filter(pk=copy.pk).delete()
        log.info("engine copy forgotten", extra={"copy": copy.name, "location": copy.location})
