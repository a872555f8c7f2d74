"""Which documents a list shows and in what order: those a person may read, narrowed by what they look for.

Knows nothing of HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, F, Q, Value, When
from django.db.models.functions import Lower

from documents.models import Collection, Document, Status
from documents.querysets import DocumentQuerySet

NEWEST_FIRST = "-added"
QUARANTINED = "quarantined"  # among the states of a list; a document in quarantine has one of its own besides
MAX_SEARCH_CHARACTERS = 200
SORTS: dict[str, Any] = {
    "name": Lower("name"),
    "status": F("status"),
    "pages": F("pages_total"),
    "size": F("size_bytes"),
    "added": F("created_at"),
}
DESCENDING_FIRST = {"pages", "size", "added"}  # whoever sorts by these looks for the largest, the newest


@dataclass(frozen=True)
class DocumentFilter:
    """What to narrow a list by; an empty value narrows nothing."""

    search: str = ""  # words that all occur in the name
    status: str = ""
    collection: str = ""  # a slug
    quarantined: bool = False  # those in quarantine alone, for who may change them

    @property
    def narrows(self) -> bool:
        return bool(self.search.strip() or self.status or self.collection or self.quarantined)

    @property
    def shown_status(self) -> str:
        """The state that is chosen among those of a list."""
        return QUARANTINED if self.quarantined else self.status


def narrowed_by(named: Mapping[str, str]) -> DocumentFilter:
    """What an address or a form narrows by; what makes no sense narrows nothing."""
    status, collection = named.get("status", ""), named.get("collection", "")
    return DocumentFilter(
        search=named.get("search", "").replace("\0", "")[:MAX_SEARCH_CHARACTERS],
        status=status if status in Status.values else "",
        collection=collection.replace("\0", "")[:MAX_SEARCH_CHARACTERS],
        quarantined=status == QUARANTINED,
    )


def matching_documents(actor: Any, narrowed: DocumentFilter) -> DocumentQuerySet:
    """The documents `actor` may read that match, newest first."""
    documents = Document.objects.visible_to(actor)
    for word in narrowed.search.split():
        documents = documents.filter(name__icontains=word)
    if narrowed.status:
        documents = documents.filter(status=narrowed.status)
    if narrowed.collection:
        documents = documents.filter(collection__slug=narrowed.collection)
    if narrowed.quarantined:
        documents = documents.quarantined().filter(collection__in=Collection.objects.addable_by(actor))
    return documents


def listed_documents(actor: Any, narrowed: DocumentFilter, sort: str = NEWEST_FIRST) -> DocumentQuerySet:
    """The matching documents, each with its collection, and whether `actor` may change and open it.

    Those are `changeable` and `openable`: one in quarantine is opened only by who may change it.
    """
    documents = matching_documents(actor, narrowed).select_related("collection")
    mine = When(collection__in=Collection.objects.addable_by(actor), then=Value(True))
    openable = When(Q(quarantined_at__isnull=True) | Q(changeable=True), then=Value(True))
    return (
        _sorted(documents, sort)
        .annotate(
            changeable=Case(mine, default=Value(False), output_field=BooleanField()),
        )
        .annotate(openable=Case(openable, default=Value(False), output_field=BooleanField()))
    )


def known_sort(sort: str) -> str:
    """A sort as an address names it ("size", "-size"), or the usual one."""
    return sort if sort.removeprefix("-") in SORTS and not sort.startswith("--") else NEWEST_FIRST


def next_sort(column: str, sort: str) -> str:
    """What a click on a column's head sorts by: the other way round if the list is sorted by it."""
    if sort.removeprefix("-") == column:
        return column if sort.startswith("-") else f"-{column}"
    return f"-{column}" if column in DESCENDING_FIRST else column


def _sorted(documents: DocumentQuerySet, sort: str) -> DocumentQuerySet:
    """The last of the keys makes the order whole: pages of a list never show a row twice."""
    column, last = SORTS[sort.removeprefix("-")], F("pk")
    if sort.startswith("-"):
        return documents.order_by(column.desc(), last.desc())
    return documents.order_by(column.asc(), last.asc())
