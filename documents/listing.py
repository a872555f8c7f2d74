"""Which documents a list shows: those a person may read, narrowed by what they look for. Knows nothing of HTTP."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Q, Value, When

from documents.models import Collection, Document
from documents.querysets import DocumentQuerySet


@dataclass(frozen=True)
class DocumentFilter:
    """What to narrow a list by; an empty value narrows nothing."""

    search: str = ""  # words that all occur in the name
    status: str = ""
    collection: str = ""  # a slug

    @property
    def narrows(self) -> bool:
        return bool(self.search.strip() or self.status or self.collection)


def listed_documents(actor: Any, narrowed: DocumentFilter) -> DocumentQuerySet:
    """The documents `actor` may read, newest first, each with its collection, and whether they may change and open it.

    Those are `changeable` and `openable`: one in quarantine is opened only by who may change it.
    """
    documents = Document.objects.visible_to(actor).select_related("collection")
    for word in narrowed.search.split():
        documents = documents.filter(name__icontains=word)
    if narrowed.status:
        documents = documents.filter(status=narrowed.status)
    if narrowed.collection:
        documents = documents.filter(collection__slug=narrowed.collection)
    mine = When(collection__in=Collection.objects.addable_by(actor), then=Value(True))
    openable = When(Q(quarantined_at__isnull=True) | Q(changeable=True), then=Value(True))
    return documents.annotate(
        changeable=Case(mine, default=Value(False), output_field=BooleanField()),
    ).annotate(openable=Case(openable, default=Value(False), output_field=BooleanField()))
