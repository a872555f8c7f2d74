"""What QABot keeps of people's files: collections, documents, their originals, pages, chunks and embeddings.

Knows nothing of parsing, models of embedding or HTTP. Rows that belong to a document go with it by `ON DELETE CASCADE`
in the database itself (see the first migration), so that deleting is one statement from every door.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, SparseVectorField

from documents.engine_copies.models import CopyState, EngineCopy, VectorChange  # noqa: F401 - Django looks for them here
from documents.querysets import (
    ChunkQuerySet,
    CollectionQuerySet,
    DocumentQuerySet,
    EmbeddingIndexQuerySet,
    EmbeddingQuerySet,
    FillingQuerySet,
    PageQuerySet,
    WorkerQuerySet,
)

TOKEN_DIMENSIONS = 1_000_000_000  # most that a sparsevec may have; a token's dimension is its stable hash


class Readers(models.TextChoices):
    PUBLIC = "public", _("Everybody")
    SIGNED_IN = "signed_in", _("Everybody who is signed in")
    MEMBERS = "members", _("Members only")


class Adders(models.TextChoices):
    SIGNED_IN = "signed_in", _("Everybody who is signed in")
    MEMBERS = "members", _("Members only")
    STAFF = "staff", _("Staff only")


class Collection(models.Model):
    """A shelf of documents with one permission for all of them."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    readers = models.CharField(_("who may read"), max_length=20, choices=Readers.choices, default=Readers.SIGNED_IN)
    adders = models.CharField(_("who may add"), max_length=20, choices=Adders.choices, default=Adders.SIGNED_IN)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="collections")
    member_groups = models.ManyToManyField(Group, blank=True, related_name="collections")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[CollectionQuerySet] = CollectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(readers__in=Readers.values), name="collection_readers_known"),
            models.CheckConstraint(condition=Q(adders__in=Adders.values), name="collection_adders_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    PENDING = "pending", _("Waiting")
    PROCESSING = "processing", _("Being indexed")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class Stage(models.TextChoices):
    NONE = "", "–"
    PARSING = "parsing", _("Reading")
    EMBEDDING = "embedding", _("Embedding")
    SAVING = "saving", _("Saving")


class Document(models.Model):
    """One uploaded file and the work to index it: the row is the job.

    A worker holds it while `lease_until` (the database's clock) lies ahead and `lease_token` is its own.
    For a pending document `lease_until` is the moment before which nobody should try again.
    """

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=120)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    # A document in quarantine keeps its rows and answers nothing; who put it there, the admin's log tells.
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantine_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.NONE, blank=True)
    pages_done = models.IntegerField(default=0)
    pages_total = models.IntegerField(default=0)
    chunks_done = models.IntegerField(default=0)
    chunks_total = models.IntegerField(default=0)
    # What the file says of itself (title, author, publisher): its words count as words of each of its chunks.
    about = models.TextField(blank=True, default="", db_default="")
    error = models.TextField(blank=True)
    error_code = models.CharField(max_length=40, blank=True)

    # Claims since something lasting came of one (pages read, a batch embedded): a long document outlives many workers.
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    generation = models.IntegerField(default=1)

    objects: ClassVar[DocumentQuerySet] = DocumentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "sha256"], name="document_once_per_collection"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="document_status_known"),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(error=""), name="document_failed_with_reason"),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(chunks_total__gt=0), name="document_ready_has_chunks"
            ),
            models.CheckConstraint(
                condition=~Q(status="processing") | Q(lease_until__isnull=False, lease_token__isnull=False),
                name="document_processing_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(quarantined_at__isnull=True, quarantine_reason="")
                | Q(quarantined_at__isnull=False) & ~Q(quarantine_reason=""),
                name="document_quarantined_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status__in=["pending", "processing"]),
                name="document_work_to_do",
            ),
            # Every search looks through it, and it is as good as empty.
            models.Index(fields=["id"], condition=Q(quarantined_at__isnull=False), name="document_quarantined"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0 to 1: reading pages counts a fifth, embedding the rest."""
        if self.status == Status.READY:
            return 1.0
        pages = self.pages_done / self.pages_total if self.pages_total else 0.0
        chunks = self.chunks_done / self.chunks_total if self.chunks_total else 0.0
        return min(0.2 * pages + 0.8 * chunks, 0.99)

    @property
    def quarantined(self) -> bool:
        return self.quarantined_at is not None

    @property
    def progress_percent(self) -> int:
        return int(self.progress * 100)


class OriginalPart(models.Model):
    """A slice of a document's original bytes, 1 MiB at most, so that reading and writing keep memory flat."""

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="original_parts"
    )
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="original_part_once")]


class PageContent(models.Model):
    """The text of one page, and its headings as [start, level, text] rows."""

    number = models.IntegerField()
    label = models.CharField(max_length=255, blank=True)
    text = models.TextField()
    headings = models.JSONField(default=list)

    class Meta:
        abstract = True
        ordering = ["number"]


class Page(PageContent):
    """What the viewer shows and what offsets count into."""

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="pages"
    )

    objects: ClassVar[PageQuerySet] = PageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(PageContent.Meta):
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="page_once")]


class ChunkContent(models.Model):
    """A span of a page's text, and what the lexical leg needs of it."""

    ordinal = models.IntegerField()
    page_number = models.IntegerField()
    start = models.IntegerField()
    end = models.IntegerField()
    text = models.TextField()
    heading_path = ArrayField(models.TextField(), default=list)
    tokens = ArrayField(models.IntegerField(), default=list)  # distinct token ids
    weights = SparseVectorField(dimensions=TOKEN_DIMENSIONS)  # BM25's document side, by token id

    class Meta:
        abstract = True
        ordering = ["ordinal"]


class Chunk(ChunkContent):
    """What is indexed. Chunks are inserted and deleted, never updated: an update would be inserted into HNSW again."""

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="chunks"
    )
    collection = models.ForeignKey(Collection, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    objects: ClassVar[ChunkQuerySet] = ChunkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(ChunkContent.Meta):
        constraints = [
            models.UniqueConstraint(fields=["document", "ordinal"], name="chunk_once"),
            models.CheckConstraint(condition=Q(start__gte=0, end__gt=models.F("start")), name="chunk_span_not_empty"),
        ]
        indexes = [GinIndex(fields=["tokens"], name="chunk_tokens")]


class TokenFrequency(models.Model):
    """In how many chunks of a collection a token occurs. Kept by triggers on Chunk, so that no door can forget it."""

    pk = models.CompositePrimaryKey("collection_id", "token")
    collection = models.ForeignKey(
        Collection, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    token = models.IntegerField()
    chunks = models.IntegerField()


class IndexState(models.TextChoices):
    BUILDING = "building", _("Being filled")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")  # kept complete, so that going back to it loses nothing
    REMOVING = "removing", _("Being removed")


class EmbeddingIndex(models.Model):
    """All embeddings of one model, and whether questions are asked against them. One is active."""

    model = models.CharField(max_length=200)
    dimensions = models.IntegerField()
    state = models.CharField(max_length=20, choices=IndexState.choices, default=IndexState.BUILDING)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    # Why filling waits, and until when (the database's clock); failures since the last batch that went well.
    error = models.TextField(blank=True, default="", db_default="")
    postponed_until = models.DateTimeField(null=True, blank=True)
    failures = models.IntegerField(default=0, db_default=0)
    # A worker builds its search index: before this (the database's clock) no other one begins to.
    building_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EmbeddingIndexQuerySet] = EmbeddingIndexQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "embedding indexes"
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="one_active_index"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="building"), name="one_building_index"),
            models.CheckConstraint(condition=Q(state__in=IndexState.values), name="index_state_known"),
            models.CheckConstraint(condition=Q(dimensions__gt=0), name="index_dimensions_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.dimensions})"


class Filling(models.Model):
    """A document whose chunks a worker is embedding for an index; it holds it while `lease_until` lies ahead."""

    index = models.ForeignKey(EmbeddingIndex, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    lease_until = models.DateTimeField()
    lease_token = models.UUIDField()

    objects: ClassVar[FillingQuerySet] = FillingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "document"], name="filling_once")]


class Embedding(models.Model):
    """A chunk's vector under one embedding model. The column has no fixed dimension: each index brings its own."""

    chunk = models.ForeignKey(Chunk, on_delete=models.DO_NOTHING, db_constraint=False, related_name="embeddings")
    index = models.ForeignKey(EmbeddingIndex, on_delete=models.PROTECT, db_index=False, related_name="embeddings")
    collection = models.ForeignKey(
        Collection, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    vector = HalfVectorField()
    token_signs = models.BinaryField(null=True)  # 32 bytes a token, for late interaction; null where a model has none

    objects: ClassVar[EmbeddingQuerySet] = EmbeddingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "chunk"], name="embedding_once_per_index")]
        indexes = [models.Index(fields=["index", "collection"], name="embedding_scope")]


class StagedPage(PageContent):
    """A page of a document that is being indexed: no search and no reader sees it."""

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta(PageContent.Meta):
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="staged_page_once")]


class StagedChunk(ChunkContent):
    """A chunk with its vector, waiting for the rest of its document: what an interrupted worker need not do again.

    `index` is the one that was active when it was embedded; vectors of further ones are StagedEmbeddings.
    """

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    index = models.ForeignKey(EmbeddingIndex, on_delete=models.PROTECT, related_name="+")
    vector = HalfVectorField()
    token_signs = models.BinaryField(null=True)
    reserved_id = models.BigIntegerField(null=True)  # that the chunk will have: an engine is told of it beforehand

    class Meta(ChunkContent.Meta):
        constraints = [models.UniqueConstraint(fields=["document", "ordinal"], name="staged_chunk_once")]
        indexes = [
            models.Index(fields=["reserved_id"], condition=Q(reserved_id__isnull=False), name="staged_chunk_reserved")
        ]


class StagedEmbedding(models.Model):
    """A staged chunk's vector under one more index: the one that is being filled, or that may be gone back to."""

    document = models.ForeignKey(
        Document, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    index = models.ForeignKey(EmbeddingIndex, on_delete=models.CASCADE, related_name="+")
    ordinal = models.IntegerField()
    vector = HalfVectorField()
    token_signs = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "index", "ordinal"], name="staged_embedding_once")]


class Worker(models.Model):
    """A worker process and when it was last seen, by the database's clock."""

    name = models.CharField(max_length=200, primary_key=True)
    seen_at = models.DateTimeField()

    objects: ClassVar[WorkerQuerySet] = WorkerQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name
