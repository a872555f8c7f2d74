"""What is done to many documents at once: delete them, move them, try them again. Knows nothing of HTTP.

Each document goes in a statement or a transaction of its own, and a run ends after some seconds: what is left goes on
with the next one, after the last document that this one looked at.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from documents.listing import DocumentFilter, matching_documents
from documents.managing import delete_document, retry
from documents.models import Collection, Document, Status
from documents.moving import Moved, move_document
from documents.querysets import DocumentQuerySet

SECONDS_A_RUN = 10.0  # a request may take 30 on Heroku, and a person wants to see something happen
READ_AT_ONCE = 200  # documents


@dataclass(frozen=True)
class Selection:
    """Documents that were ticked, or all that a list shows; of the latter none that came after the question."""

    ids: tuple[int, ...] = ()
    narrowed: DocumentFilter | None = None  # all that match, instead of ids
    last_id: int = 0  # the newest of them when it was asked
    after: int = 0  # up to here they were looked at


@dataclass(frozen=True)
class Tally:
    """How many documents it was so far."""

    done: int = 0
    duplicates: int = 0
    busy: int = 0
    last: int = 0  # the id of the document that was looked at last
    left: int = 0  # not looked at yet: the time was up


def selected_documents(actor: Any, selection: Selection) -> DocumentQuerySet:
    """Those of a selection that `actor` may change and that were not looked at yet, in the order of their ids."""
    documents = Document.objects.changeable_by(actor).filter(pk__gt=selection.after)
    if selection.narrowed is None:
        documents = documents.filter(pk__in=selection.ids)
    else:
        documents = documents.filter(pk__in=matching_documents(actor, selection.narrowed).values("pk"))
    if selection.last_id:
        documents = documents.filter(pk__lte=selection.last_id)
    return documents.order_by("pk")


def delete_selected(documents: DocumentQuerySet, tally: Tally, seconds: float = SECONDS_A_RUN) -> Tally:
    return _run(documents, tally, seconds, _delete)


def move_selected(
    documents: DocumentQuerySet, target: Collection, tally: Tally, seconds: float = SECONDS_A_RUN
) -> Tally:
    """What stands in the target already, by itself or by its bytes, is left where it is."""
    return _run(documents.exclude(collection=target), tally, seconds, lambda document: move_document(document, target))


def retry_selected(documents: DocumentQuerySet, tally: Tally, seconds: float = SECONDS_A_RUN) -> Tally:
    return _run(documents.filter(status=Status.FAILED), tally, seconds, _retry)


def _run(documents: DocumentQuerySet, tally: Tally, seconds: float, step: Callable[[Document], Moved]) -> Tally:
    until = time.monotonic() + seconds
    for document in _one_after_another(documents):
        tally = _counted(tally, step(document), document)
        if time.monotonic() >= until:
            return replace(tally, left=documents.filter(pk__gt=document.pk).count())
    return replace(tally, left=0)


def _one_after_another(documents: DocumentQuerySet) -> Iterator[Document]:
    """Read some at a time: what was done to the ones before does not matter to those that follow."""
    after = 0
    while batch := list(documents.filter(pk__gt=after)[:READ_AT_ONCE]):
        yield from batch
        after = batch[-1].pk


def _counted(tally: Tally, result: Moved, document: Document) -> Tally:
    return replace(
        tally,
        done=tally.done + (result is Moved.DONE),
        duplicates=tally.duplicates + (result is Moved.DUPLICATE),
        busy=tally.busy + (result is Moved.BUSY),
        last=document.pk,
    )


def _delete(document: Document) -> Moved:
    delete_document(document)
    return Moved.DONE


def _retry(document: Document) -> Moved:
    return Moved.DONE if retry(document) else Moved.GONE


def selectable_count(actor: Any, narrowed: DocumentFilter) -> int:
    """How many documents of a list its reader may change."""
    return selected_documents(actor, Selection(narrowed=narrowed)).count()
