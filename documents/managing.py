"""What people may do to a document that stands there (index it again, try it again, quarantine or delete it), and to
a collection.

Knows nothing of who may do it.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now

from documents.models import Collection, Document, Stage, Status


def index_again(document: Document) -> bool:
    """Put a ready or failed document back to wait; False if it waits or is worked on already.

    What was searchable of it stays so until the new version takes its place.
    """
    return _wait_again(document, Status.READY, Status.FAILED)


def retry(document: Document) -> bool:
    """Put a failed document back to wait; False if it did not fail."""
    return _wait_again(document, Status.FAILED)


def quarantine(document: Document, reason: str) -> bool:
    """Keep a document from every search from the next one on; False if it is in quarantine already. Nothing is lost."""
    free = Document.objects.filter(pk=document.pk, quarantined_at__isnull=True)
    return bool(free.update(quarantined_at=Now(), quarantine_reason=reason))


def release(document: Document) -> bool:
    """Let a document be found again at once; False if it was not in quarantine."""
    held = Document.objects.filter(pk=document.pk, quarantined_at__isnull=False)
    return bool(held.update(quarantined_at=None, quarantine_reason=""))


def delete_document(document: Document) -> None:
    """Delete a document with everything that belongs to it, in one statement: a worker at it loses its lease."""
    Document.objects.filter(pk=document.pk).delete()


def keep_in(collection: Collection, person: Any) -> bool:
    """Whoever makes or changes a collection must not be shut out of it: they become a member. False if they see it."""
    if Collection.objects.visible_to(person).filter(pk=collection.pk).exists():
        return False
    collection.members.add(person.pk)
    return True


def delete_collection(collection: Collection) -> bool:
    """Delete a collection that holds nothing; False if it holds documents, also one that came this very moment."""
    try:
        with transaction.atomic():
            collection.delete()
    except (ProtectedError, IntegrityError):
        return False
    return True


def _wait_again(document: Document, *from_statuses: Status) -> bool:
    # One conditional update: two people who press the button at once, or a worker in between, cannot both win.
    updated = Document.objects.filter(pk=document.pk, status__in=from_statuses).update(
        status=Status.PENDING,
        stage=Stage.NONE,
        pages_done=0,
        chunks_done=0,
        attempts=0,
        error="",
        error_code="",
        lease_until=None,
        lease_token=None,
        generation=document.generation + 1,
    )
    return bool(updated)
