"""The queries of documents, as QuerySets that read as English. Holds SQL, never decisions about documents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Union
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, F, Func, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Lower, Now, StrIndex

from qabot.models import ApiKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from documents.models import Chunk, Document, Embedding, EmbeddingIndex, Filling, Page, Worker  # noqa: F401 - likewise
    from documents.models import Collection as DocumentCollection  # noqa: F401 - named in a base class

# Who wants to read or add: a person, a visitor nobody knows, or a key, which acts for its owner in its collections.
Actor = Union["User", AnonymousUser, ApiKey]

OPENING_PAGES = 10  # of a document, which tell what it is about
LEASE_SECONDS = 60  # interrupted work is claimable again after this long
FILLING_LEASE_SECONDS = 180  # is renewed between batches alone, and one may take a provider's 120 s
BUILDING_TURN_SECONDS = 60  # until a build shows in the database's own statistics, and long after that


class CollectionQuerySet(models.QuerySet["DocumentCollection"]):
    def visible_to(self, actor: Actor) -> "CollectionQuerySet":
        """Collections whose documents this actor may read."""
        if isinstance(actor, ApiKey):
            return self.visible_to(actor.owner)._of_key(actor)
        if actor.is_active and actor.is_superuser:
            return self
        allowed = Q(readers="public")
        if actor.is_active and actor.is_authenticated:
            allowed |= Q(readers="signed_in") | self._membership(actor)
        return self.filter(allowed)

    def addable_by(self, actor: Actor) -> "CollectionQuerySet":
        """Collections to which this actor may add documents, and from which they may remove them."""
        if isinstance(actor, ApiKey):
            return self.addable_by(actor.owner)._of_key(actor)
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
        ready = Q(documents__status="ready", documents__quarantined_at__isnull=True)
        return self.annotate(
            documents_count=models.Count("documents"),
            ready_count=models.Count("documents", filter=ready),
        ).order_by("name", "pk")

    def with_last_added(self) -> "CollectionQuerySet":
        """Adds `last_added`: when a document came last, or None."""
        return self.annotate(last_added=models.Max("documents__created_at"))

    def _of_key(self, key: ApiKey) -> "CollectionQuerySet":
        return self.filter(pk__in=key.collections.values("pk")) if key.limited else self

    def _membership(self, actor: Any) -> Q:
        """Membership by subquery rather than by join, so that nobody's collection is listed twice."""
        everything = self.model._base_manager
        by_name = everything.filter(members=actor.pk).values("pk")
        by_group = everything.filter(member_groups__user=actor.pk).values("pk")
        return Q(pk__in=by_name) | Q(pk__in=by_group)


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor: Actor) -> "DocumentQuerySet":
        return self.filter(collection__in=self._collections().visible_to(actor))

    def changeable_by(self, actor: Actor) -> "DocumentQuerySet":
        """Documents this person may delete or index again: those of collections they may add to."""
        return self.filter(collection__in=self._collections().addable_by(actor))

    def standing(self, ids: Collection[int]) -> set[int]:
        """Which of these still stand; none of them goes until the caller's transaction ends."""
        return _held(self, ids)

    def openable_by(self, actor: Actor) -> "DocumentQuerySet":
        """Documents whose text and original this person may open: one in quarantine only who may change it."""
        in_charge = Q(collection__in=self._collections().addable_by(actor))
        return self.visible_to(actor).filter(Q(quarantined_at__isnull=True) | in_charge)

    def ready(self) -> "DocumentQuerySet":
        """Documents that can be asked about."""
        return self.filter(status="ready", quarantined_at__isnull=True)

    def quarantined(self) -> "DocumentQuerySet":
        return self.filter(quarantined_at__isnull=False)

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
        return self.chunks_visible_of(collection_ids)[0]

    def chunks_visible_of(self, collection_ids: Sequence[int]) -> tuple[int, int]:
        """How many chunks a search over these collections reads, and how many there are in all."""
        within = Sum("chunks_total", filter=Q(collection_id__in=collection_ids), default=0)
        counted = self.ready().aggregate(within=within, of=Sum("chunks_total", default=0))
        return counted["within"], counted["of"]

    def _collections(self) -> CollectionQuerySet:
        return self.model._meta.get_field("collection").related_model._default_manager.all()  # type: ignore[union-attr,return-value]


class PageQuerySet(models.QuerySet["Page"]):
    def at(self, places: Collection[tuple[int, int]]) -> "PageQuerySet":
        """The pages at these (document id, page number) places."""
        documents, numbers = {document for document, _ in places}, {number for _, number in places}
        # Wider than asked where documents share page numbers: the callers look up the places they named.
        return self.filter(document_id__in=documents, number__in=numbers)

    def opening(self, actor: Actor, latest: int) -> "PageQuerySet":
        """The first pages, without their text, of the latest documents that this actor may ask about."""
        documents: Any = self.model._meta.get_field("document").related_model
        newest = documents.objects.visible_to(actor).ready().order_by("-created_at", "-pk").values("pk")[:latest]
        opening = self.filter(document__in=newest, number__lte=OPENING_PAGES).select_related("document")
        shown = opening.only("number", "headings", "document__name", "document__sha256", "document__generation")
        return shown.order_by("-document__created_at", "-document", "number")

    def labels_of(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
        rows = self.at(places).values_list("document_id", "number", "label")
        return {(document, number): label for document, number, label in rows}

    def saying(self, folded_query: str, left_out: str) -> "PageQuerySet":
        """Pages whose text holds these words, read without case and without what the pattern `left_out` finds."""
        return self.alias(place=StrIndex(_folded(F("text"), left_out), Value(folded_query))).filter(place__gt=0)

    def headed(self) -> "PageQuerySet":
        """Pages with headings."""
        return self.exclude(headings=[])

    def texts_of(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The whole text of each page, by (document id, page number)."""
        rows = self.at(places).values_list("document_id", "number", "text").order_by()
        found = {(document, number): text for document, number, text in rows}
        return {place: found[place] for place in places if place in found}


@dataclass(frozen=True)
class FoundChunk:
    """What asking reads of a chunk. Not a model: hundreds are read for each question, and most are put aside."""

    pk: int
    document_id: int
    document_name: str
    collection_id: int
    page_number: int
    start: int
    end: int
    text: str
    heading_path: list[str]


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def found(self, ids: Collection[int]) -> dict[int, FoundChunk]:
        """Those of these that still stand, by id."""
        chunk = ("pk", "document_id", "document__name", "collection_id", "page_number", "start", "end", "text")
        rows = self.filter(pk__in=ids).values_list(*chunk, "heading_path")
        return {row[0]: FoundChunk(*row) for row in rows.order_by()}

    def standing(self, ids: Collection[int]) -> set[int]:
        """Which of these still stand; none of them goes until the caller's transaction ends."""
        return _held(self, ids)

    def lacking(self, index: "EmbeddingIndex") -> "ChunkQuerySet":
        """Chunks that have no embedding under an index."""
        embeddings: Any = self.model._meta.get_field("embeddings").related_model
        # The sum keeps the planner from looking an index's rows up for each chunk: it takes them for few while its
        # statistics are older than the index, and 100,000 chunks then took 288 s instead of 0.3.
        own = embeddings.objects.alias(of=F("index_id") + 0).filter(of=index.pk, chunk=OuterRef("pk"))
        return self.filter(~Exists(own))

    def documents(self, most: int) -> list[int]:
        """The ids of the documents that these chunks are of, in order."""
        return list(self.order_by("document_id").values_list("document_id", flat=True).distinct()[:most])


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def token_signs_of(self, index: "EmbeddingIndex", chunk_ids: Collection[int]) -> dict[int, bytes]:
        """The tokens of these chunks under an index, for those whose tokens are kept."""
        rows = self.filter(index=index, chunk_id__in=chunk_ids, token_signs__isnull=False)
        return {chunk_id: bytes(signs) for chunk_id, signs in rows.values_list("chunk_id", "token_signs")}


class EmbeddingIndexQuerySet(models.QuerySet["EmbeddingIndex"]):
    def active(self) -> "EmbeddingIndex | None":
        return self.filter(state="active").first()

    def with_progress(self) -> "EmbeddingIndexQuerySet":
        """Adds `chunks_count`, that of all documents' chunks, and `embeddings_count`."""
        embeddings: Any = self.model._meta.get_field("embeddings").related_model
        chunks = embeddings._meta.get_field("chunk").related_model
        own = embeddings.objects.filter(index=OuterRef("pk"))
        return self.annotate(chunks_count=_count(chunks.objects.all()), embeddings_count=_count(own))

    def with_name_of(self, copies: models.QuerySet[Any]) -> Any:
        """Adds `copy_name`: what an engine calls its copy, of the index's one among `copies`; None if there is none."""
        return self.annotate(copy_name=Subquery(copies.filter(index=OuterRef("pk")).values("name")[:1]))

    def kept(self) -> "EmbeddingIndexQuerySet":
        """Indexes that every document is embedded for: what is removed gets nothing any more."""
        return self.exclude(state="removing")

    def due(self) -> "EmbeddingIndexQuerySet":
        """Those besides the active one that may be filled now: the building one first."""
        now = Q(postponed_until__isnull=True) | Q(postponed_until__lte=Now())
        return self.filter(now, state__in=["building", "retired"]).order_by("state", "pk")

    def take_turn_to_build(self, index_id: int) -> bool:
        """Whether it is this worker that builds the search index, for the next while."""
        free = Q(building_until__isnull=True) | Q(building_until__lte=Now())
        return bool(self.filter(free, pk=index_id).update(building_until=_lease_end(BUILDING_TURN_SECONDS)))

    def kept_and_held(self) -> "list[EmbeddingIndex]":
        """`kept`, none of which changes its state until the caller's transaction ends.

        FOR SHARE: documents are published side by side, and a switch waits for them.
        """
        table = self.model._meta.db_table
        return list(self.raw(f"SELECT * FROM {table} WHERE state <> 'removing' ORDER BY id FOR SHARE"))  # noqa: S608


class FillingQuerySet(models.QuerySet["Filling"]):
    def claim(self, index: "EmbeddingIndex", document_id: int) -> "Filling | None":
        """Take a document to fill an index with; None if another worker is at it, or the document is gone."""
        try:
            with transaction.atomic():
                new = {"lease_until": Now(), "lease_token": uuid4()}
                filling, _ = self.get_or_create(index=index, document_id=document_id, defaults=new)
        except IntegrityError:
            return None
        token = uuid4()
        if not self.filter(pk=filling.pk, lease_until__lte=Now()).update(
            lease_token=token, lease_until=_lease_end(FILLING_LEASE_SECONDS)
        ):
            return None
        filling.lease_token = token
        return filling

    def renew(self, filling: "Filling") -> bool:
        """Push the lease out; False if the document is gone or somebody else's."""
        return bool(self._held(filling).update(lease_until=_lease_end(FILLING_LEASE_SECONDS)))

    def release(self, filling: "Filling") -> None:
        self._held(filling).delete()

    def _held(self, filling: "Filling") -> "FillingQuerySet":
        return self.filter(pk=filling.pk, lease_token=filling.lease_token)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def seen_within(self, time: timedelta) -> "WorkerQuerySet":
        return self.filter(seen_at__gt=Now() - time)


def _folded(text: Any, left_out: str) -> Func:
    """Lower case, accents apart from their letters and left out, every white space one space."""
    decomposed = Func(Lower(text), template="normalize(%(expressions)s, NFKD)", output_field=models.TextField())
    letters = Func(decomposed, Value(left_out), Value(""), Value("g"), function="regexp_replace")
    spaces = Value(r"\s+"), Value(" "), Value("g")
    return Func(letters, *spaces, function="regexp_replace", output_field=models.TextField())


def _count(rows: models.QuerySet[Any]) -> Coalesce:
    """The number of rows, as a subquery of its own: no join multiplies it."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(rows=Count("pk")).values("rows")
    return Coalesce(Subquery(counted), 0)


def _held(rows: Any, ids: Collection[int]) -> set[int]:
    """As a foreign key holds what it points at: FOR KEY SHARE, which hinders nobody but who deletes."""
    table = rows.model._meta.db_table
    found = rows.raw(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(ids)])  # noqa: S608
    return {row.pk for row in found}


def _lease_end(seconds: float = LEASE_SECONDS) -> Any:
    return Now() + timedelta(seconds=seconds)
