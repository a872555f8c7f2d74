"""The queries of documents, as QuerySets that read as English. Holds SQL, never decisions about documents."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from documents.models import Collection as DocumentCollection  # noqa: F401 - named in a base class
    from documents.models import Document, Embedding, EmbeddingIndex, Page  # noqa: F401 - named in base classes

LEASE_SECONDS = 60  # interrupted work is claimable again after this long


class CollectionQuerySet(models.QuerySet["DocumentCollection"]):
    def visible_to(self, actor: "User | AnonymousUser") -> "CollectionQuerySet":
        """Collections whose documents this person may read."""
        if actor.is_active and actor.is_superuser:
            return self
        allowed = Q(readers="public")
        if actor.is_active and actor.is_authenticated:
            allowed |= Q(readers="signed_in") | self._membership(actor)
        return self.filter(allowed)

    def addable_by(self, actor: "User | AnonymousUser") -> "CollectionQuerySet":
        """Collections to which this person may add documents, and from which they may remove them."""
        if not (actor.is_active and actor.is_authenticated):
            return self.none()
        if actor.is_superuser:
            return self
        allowed = Q(adders="signed_in") & (Q(readers__in=["public", "signed_in"]) | self._membership(actor))
        allowed |= Q(adders="members") & self._membership(actor)
        if actor.is_staff:
            allowed |= Q(adders="staff") & (Q(readers__in=["public", "signed_in"]) | self._membership(actor))
        return self.filter(allowed)

    def with_counts(self) -> "CollectionQuerySet":
        """Adds `documents_count` and `ready_count`. Named order is said again: grouping forgets the model's own."""
        return self.annotate(
            documents_count=models.Count("documents"),
            ready_count=models.Count("documents", filter=Q(documents__status="ready")),
        ).order_by("name", "pk")

    def _membership(self, actor: Any) -> Q:
        """Membership by subquery rather than by join, so that nobody's collection is listed twice."""
        everything = self.model._base_manager
        by_name = everything.filter(members=actor.pk).values("pk")
        by_group = everything.filter(member_groups__user=actor.pk).values("pk")
        return Q(pk__in=by_name) | Q(pk__in=by_group)


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor: "User | AnonymousUser") -> "DocumentQuerySet":
        return self.filter(collection__in=self._collections().visible_to(actor))

    def changeable_by(self, actor: "User | AnonymousUser") -> "DocumentQuerySet":
        """Documents this person may delete or index again: those of collections they may add to."""
        return self.filter(collection__in=self._collections().addable_by(actor))

    def ready(self) -> "DocumentQuerySet":
        return self.filter(status="ready")

    def claimable(self) -> "DocumentQuerySet":
        """Work to do now: waiting documents, and those whose worker's lease ran out."""
        due = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        return self.filter(Q(status="pending") & due | Q(status="processing", lease_until__lt=Now()))

    def claim_next(self) -> "Document | None":
        """Take the oldest work to do, counting the attempt, in a commit of its own; None if there is nothing to do."""
        with transaction.atomic():
            document = self.claimable().order_by("created_at", "id").select_for_update(skip_locked=True).first()
            if document is None:
                return None
            self.filter(pk=document.pk).update(
                status="processing", attempts=F("attempts") + 1, lease_token=uuid4(), lease_until=_lease_end()
            )
        return self.get(pk=document.pk)

    def held(self, document_id: int, lease_token: UUID | None) -> "DocumentQuerySet":
        """The document if it still exists and its lease is still this one."""
        return self.filter(pk=document_id, lease_token=lease_token, status="processing")

    def renew_lease(self, document_id: int, lease_token: UUID | None, **progress: Any) -> bool:
        """Push the lease out, saving progress with it; False if the document is gone or somebody else's."""
        return bool(self.held(document_id, lease_token).update(lease_until=_lease_end(), **progress))

    def chunks_visible(self, collection_ids: Sequence[int]) -> int:
        """How many chunks a search over these collections reads."""
        ready = self.ready().filter(collection_id__in=collection_ids)
        return ready.aggregate(total=Sum("chunks_total"))["total"] or 0

    def _collections(self) -> CollectionQuerySet:
        return self.model._meta.get_field("collection").related_model._default_manager.all()  # type: ignore[union-attr,return-value]


class PageQuerySet(models.QuerySet["Page"]):
    def at(self, places: Collection[tuple[int, int]]) -> "PageQuerySet":
        """The pages at these (document id, page number) places."""
        documents, numbers = {document for document, _ in places}, {number for _, number in places}
        # Wider than asked where documents share page numbers: the callers look up the places they named.
        return self.filter(document_id__in=documents, number__in=numbers)

    def labels_of(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
        rows = self.at(places).values_list("document_id", "number", "label")
        return {(document, number): label for document, number, label in rows}

    def texts_of(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The whole text of each page, by (document id, page number)."""
        found = {(page.document_id, page.number): page.text for page in self.at(places)}
        return {place: found[place] for place in places if place in found}


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def token_signs_of(self, index: "EmbeddingIndex", chunk_ids: Collection[int]) -> dict[int, bytes]:
        """The tokens of these chunks under an index, for those whose tokens are kept."""
        rows = self.filter(index=index, chunk_id__in=chunk_ids, token_signs__isnull=False)
        return {chunk_id: bytes(signs) for chunk_id, signs in rows.values_list("chunk_id", "token_signs")}


class EmbeddingIndexQuerySet(models.QuerySet["EmbeddingIndex"]):
    def active(self) -> "EmbeddingIndex | None":
        return self.filter(state="active").first()


def _lease_end() -> Any:
    return Now() + timedelta(seconds=LEASE_SECONDS)
