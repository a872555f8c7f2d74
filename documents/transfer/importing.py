"""Take an exported collection in: all of it in one transaction, so that nothing is visible of one that broke off.

Knows nothing of who may: commands call it. Originals pass the same checks as any upload. Vectors are taken where they
are of the active index's model and dimensions; else the documents wait to be indexed from their originals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models.functions import Now
from pgvector import SparseVector

from documents.chunking import TextChunk
from documents.embedding.base import EmbedderUnavailable
from documents.embedding.texts import EmbeddedTexts
from documents.embedding_indexes.storing import store
from documents.indexing import IndexingOptions, active_index, weigh
from documents.managing import quarantine
from documents.models import (
    TOKEN_DIMENSIONS,
    Adders,
    Chunk,
    Collection,
    Document,
    EmbeddingIndex,
    IndexState,
    Page,
    Readers,
    Status,
)
from documents.parsing.content import ParsedPage, ParsingError
from documents.transfer.layout import CollectionRecord, DocumentRecord, FileRefused, token_fingerprint
from documents.transfer.reading import CollectionFile, DocumentReader, Part, Vector, open_collection
from documents.uploading import accept_upload
from qabot.provider import ProviderError

CHUNKS_AT_ONCE = 1_000  # 25 kB each in memory

OnProgress = Callable[[int, int], None]  # documents done, of how many


@dataclass
class Imported:
    """What became of the documents: `added` with their vectors, `waiting` for a worker, or there before."""

    collection: Collection
    created: bool
    model: str  # that the vectors in the file are of
    vectors_taken: bool
    added: int = 0
    waiting: int = 0
    duplicates: list[str] = field(default_factory=list)  # names


def import_collection(
    path: Path, slug: str | None, options: IndexingOptions, max_bytes: int, on_progress: OnProgress
) -> Imported:
    """Import a collection under its own slug or another one; into the collection of that slug if there is one.

    Raises FileRefused; then nothing has changed.
    """
    with open_collection(path, options.limits) as file, transaction.atomic():
        collection, created = _collection(file.manifest.collection, slug)
        index = _fitting_index(file, options)
        weights_fit = file.manifest.tokens == token_fingerprint()
        stock = None if index is None else _Stock(index, weights_fit=weights_fit)
        imported = Imported(collection, created, file.manifest.model, stock is not None)
        for number in range(1, file.manifest.documents + 1):
            with file.document(number) as reader:
                _take_in(reader, imported, stock, max_bytes)
            on_progress(number, file.manifest.documents)
        if stock is not None:
            stock.store()
    return imported


def _collection(record: CollectionRecord, slug: str | None) -> tuple[Collection, bool]:
    """Who may read is as it was there, but nothing becomes public by an import. Members are not carried over."""
    slug = slug or record.slug
    try:
        validate_slug(slug)
    except ValidationError:
        raise FileRefused(
            f"{slug!r} is no slug: letters, digits, hyphens and underscores. Name one with --slug."
        ) from None
    known = record.readers in Readers.values and record.readers != Readers.PUBLIC
    return Collection.objects.get_or_create(
        slug=slug,
        defaults={
            "name": record.name,
            "description": record.description,
            "readers": record.readers if known else Readers.SIGNED_IN,
            "adders": record.adders if record.adders in Adders.values else Adders.STAFF,
        },
    )


def _fitting_index(file: CollectionFile, options: IndexingOptions) -> EmbeddingIndex | None:
    """The active index, if the file's vectors are of its model and dimensions. It stays active until we are done."""
    if not file.manifest.model:
        return None
    try:
        active_index(options)
    except (EmbedderUnavailable, ProviderError):
        return None  # as when a document is uploaded: it waits until there is a model
    wanted = (IndexState.ACTIVE, file.manifest.model, file.manifest.dimensions)
    held = EmbeddingIndex.objects.kept_and_held()
    return next((index for index in held if (index.state, index.model, index.dimensions) == wanted), None)


def _take_in(reader: DocumentReader, imported: Imported, stock: "_Stock | None", max_bytes: int) -> None:
    record = reader.record
    try:
        upload = accept_upload(reader.original, record.name, imported.collection, None, max_bytes)
    except ParsingError as error:
        raise FileRefused(f"{record.name!r} is not taken in: {error}") from None
    document = upload.document
    if document.sha256 != record.sha256:
        raise FileRefused(f"The original of {record.name!r} is another file than its document says.")
    if not upload.created:
        imported.duplicates.append(record.name)
        return
    if record.quarantine_reason:
        quarantine(document, record.quarantine_reason)
    if stock is None or not record.chunks:
        imported.waiting += 1
        return
    document.about = record.about
    for part in reader.parts():
        stock.add(document, part, reader)
    _make_ready(document, record)
    imported.added += 1


def _make_ready(document: Document, record: DocumentRecord) -> None:
    Document.objects.filter(pk=document.pk).update(
        status=Status.READY,
        ready_at=Now(),
        about=record.about,
        pages_done=record.pages,
        pages_total=record.pages,
        chunks_done=record.chunks,
        chunks_total=record.chunks,
    )


class _Stock:
    """Pages and chunks on their way into the database, of several documents at a time.

    Each statement counts the tokens of its chunks. One for each document would leave as many versions of a common
    token's row behind, and each would look through all those before it.
    """

    def __init__(self, index: EmbeddingIndex, *, weights_fit: bool) -> None:
        self.index, self.weights_fit = index, weights_fit
        self._pages: list[Page] = []
        self._chunks: list[Chunk] = []
        self._vectors: list[Vector] = []

    def add(self, document: Document, part: Part, reader: DocumentReader) -> None:
        """Take a page, or a chunk with its vector."""
        if isinstance(part, ParsedPage):
            self._pages.append(_page(document, part))
            return
        chunk, weights = part
        if not self.weights_fit:
            weights = dict(weigh(document, chunk).weights)
        self._chunks.append(_chunk(document, chunk, weights))
        self._vectors.append(reader.next_vector())
        if len(self._chunks) >= CHUNKS_AT_ONCE:
            self.store()

    def store(self) -> None:
        """Write what there is."""
        Page.objects.bulk_create(self._pages)
        if self._chunks:
            chunks = Chunk.objects.bulk_create(self._chunks)
            vectors = np.stack([vector.values for vector in self._vectors])
            store(self.index, chunks, EmbeddedTexts(vectors, [vector.signs for vector in self._vectors]))
        self._pages, self._chunks, self._vectors = [], [], []


def _page(document: Document, page: ParsedPage) -> Page:
    return Page(
        document=document,
        number=page.number,
        label=page.label,
        text=page.text,
        headings=[[heading.start, heading.level, heading.text] for heading in page.headings],
    )


def _chunk(document: Document, chunk: TextChunk, weights: Mapping[int, float]) -> Chunk:
    return Chunk(
        document=document,
        collection_id=document.collection_id,
        ordinal=chunk.ordinal,
        page_number=chunk.page_number,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        heading_path=list(chunk.heading_path),
        tokens=sorted(weights),
        weights=SparseVector({token - 1: weight for token, weight in weights.items()}, TOKEN_DIMENSIONS),
    )
