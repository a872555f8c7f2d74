"""Make the scope of a search: what a person may read, narrowed by what they name. Knows nothing of HTTP."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from documents.models import Collection, Document
from documents.scope import Scope


class NotVisible(Exception):
    """A named collection or document does not exist, or may not be read: the two are told apart nowhere."""


def scope_for(actor: Any, collection_slugs: Sequence[str] | None, document_ids: Sequence[int] | None) -> Scope:
    """The scope of `actor`, narrowed where slugs or ids are given; an empty sequence narrows nothing.

    Raises NotVisible if anything named cannot be read, or if a document lies outside the named collections.
    """
    collections = Collection.objects.visible_to(actor)
    if collection_slugs:
        collections = collections.filter(slug__in=collection_slugs)
        if collections.count() != len(set(collection_slugs)):
            raise NotVisible(_("There is no such collection."))
    if document_ids:
        return _scope_of_documents(set(document_ids), list(collections.values_list("pk", flat=True)))
    ids = tuple(collections.values_list("pk", flat=True))
    chunks, of_chunks = Document.objects.chunks_visible_of(ids)
    return Scope(collection_ids=ids, document_ids=None, chunks=chunks, of_chunks=of_chunks)


def _scope_of_documents(document_ids: set[int], collection_ids: list[int]) -> Scope:
    documents = Document.objects.filter(pk__in=document_ids, collection_id__in=collection_ids)
    found = dict(documents.values_list("pk", "collection_id"))
    if found.keys() != document_ids:
        raise NotVisible(_("There is no such document."))
    return Scope(
        collection_ids=tuple(sorted(set(found.values()))),
        document_ids=tuple(sorted(found)),
        chunks=documents.ready().aggregate(total=Sum("chunks_total"))["total"] or 0,
    )
