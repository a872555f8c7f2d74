"""The write path: a claimed document is parsed, chunked, embedded and published.

Knows nothing of claiming, HTTP or who uploaded it. Every step saves its progress together with the lease, and an
interrupted document goes on after the last batch that was stored.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from documents import staging
from documents.bm25 import document_weights
from documents.chunking import TextChunk, split_pages
from documents.embedding.base import Embedder, TokenEmbedder
from documents.embedding.choice import embedder_for
from documents.embedding.token_signs import without_ends
from documents.models import Document, EmbeddingIndex, IndexState, Stage, Status
from documents.parsing.content import NoTextFound
from documents.parsing.guard import parse_guarded
from documents.parsing.limits import Limits
from documents.staging import EmbeddedChunks, IndexedChunk
from documents.tokens import token_id, tokenize
from documents.uploading import original_bytes
from documents.vector_index.pgvector import PgVectorIndex

PAGES_AT_ONCE = 10  # pages stored at a time while parsing: the progress bar moves, and a commit is not made for each

T = TypeVar("T")


class LeaseLost(Exception):
    """The document was deleted, or another worker took it over: whatever was being done to it is void."""


@dataclass(frozen=True)
class IndexingOptions:
    """What indexing needs to know of the settings."""

    limits: Limits
    embedding_model: str
    embedding_dimensions: int | None
    token_signs: bool = True  # keep each chunk's tokens too, for late interaction


def index_document(document: Document, options: IndexingOptions) -> None:
    """Index one claimed document until it is ready.

    Raises ParsingError where the file is at fault, ProviderError where the embedding provider is, and LeaseLost.
    """
    index = active_index(options)
    embedder = embedder_for(index.model, index.dimensions)
    if document.stage not in (Stage.EMBEDDING, Stage.SAVING):
        parse_pages(document, options.limits)
    embed_chunks(document, index, embedder, keep_tokens=options.token_signs)
    publish(document)


def active_index(options: IndexingOptions) -> EmbeddingIndex:
    """The index that questions are asked against: made from the configured model where none holds embeddings."""
    active = EmbeddingIndex.objects.active()
    if active is not None and (active.model == options.embedding_model or active.embeddings.exists()):
        return active
    embedder = embedder_for(options.embedding_model, options.embedding_dimensions)
    try:
        with transaction.atomic():
            EmbeddingIndex.objects.filter(state=IndexState.ACTIVE).update(state=IndexState.RETIRED)
            index = EmbeddingIndex.objects.create(
                model=embedder.model, dimensions=embedder.dimensions, state=IndexState.ACTIVE
            )
            PgVectorIndex(index).ensure()
    except IntegrityError:
        # Another process made it first: one active index is what the database allows.
        return EmbeddingIndex.objects.get(state=IndexState.ACTIVE)
    return index


def parse_pages(document: Document, limits: Limits) -> None:
    """Read the original's pages into staging. Starts anew where an earlier attempt stopped in the middle."""
    staging.clear(document)
    save_progress(document, stage=Stage.PARSING, pages_done=0, chunks_done=0, chunks_total=0)
    content = b"".join(original_bytes(document))
    document.about = ""
    with closing(parse_guarded(content, document.media_type, limits)) as parsed:
        for batch in batched(parsed, PAGES_AT_ONCE):
            total, last = batch[-1]
            document.about = document.about or batch[0][1].about
            with transaction.atomic():
                save_progress(document, pages_done=last.number, pages_total=total, about=document.about)
                staging.stage_pages(document, [page for _, page in batch])
    save_progress(document, stage=Stage.EMBEDDING)


def embed_chunks(document: Document, index: EmbeddingIndex, embedder: Embedder, *, keep_tokens: bool = True) -> None:
    """Chunk the staged pages and embed what is not embedded yet, batch after batch."""
    done = staging.staged_chunk_count(document, index)
    total = sum(1 for _ in split_pages(staging.staged_pages(document)))
    if total == 0:
        raise NoTextFound("No text was found in this file. If it is a scan, run text recognition (OCR) on it first.")
    save_progress(document, stage=Stage.EMBEDDING, chunks_done=done, chunks_total=total)
    chunks = islice(split_pages(staging.staged_pages(document)), done, None)
    for batch in batched(chunks, embedder.batch_size):
        embedded = embed(document, batch, embedder, keep_tokens=keep_tokens)
        done += len(batch)
        with transaction.atomic():
            save_progress(document, chunks_done=done)
            staging.stage_chunks(document, index, embedded)


def embed(document: Document, chunks: list[TextChunk], embedder: Embedder, *, keep_tokens: bool) -> EmbeddedChunks:
    """Embed chunks for both legs; their tokens are kept where the model tells them, with those of the context."""
    texts = [chunk.text for chunk in chunks]
    weighed = [weigh(document, chunk) for chunk in chunks]
    if not (keep_tokens and isinstance(embedder, TokenEmbedder)):
        return EmbeddedChunks(weighed, embedder.embed_passages(texts), [None] * len(texts))
    # The document's name goes along with each batch: one text more in thirty, and nothing to be remembered between.
    vectors, signs = embedder.embed_passages_and_tokens([*texts, context(document)])
    named = without_ends(signs[-1])
    return EmbeddedChunks(weighed, vectors[:-1], [own + named for own in signs[:-1]])


def weigh(document: Document, chunk: TextChunk) -> IndexedChunk:
    """A chunk's BM25 weights. Its document's name, what the file says of itself and headings count as its words.

    They are not part of the vector: there they took more than they gave.
    """
    around = " ".join((context(document), *chunk.heading_path))
    token_ids = [token_id(token) for token in tokenize(f"{around}\n{chunk.text}")]
    return IndexedChunk(chunk, document_weights(token_ids))


def context(document: Document) -> str:
    """What each chunk of a document is found by besides its text: the name, and what the file says of itself."""
    return f"{document.name.rpartition('.')[0] or document.name} {document.about}".strip()


def publish(document: Document) -> None:
    """Make the document searchable in one transaction: readers see all of it or nothing. Deleting wins."""
    save_progress(document, stage=Stage.SAVING)
    with transaction.atomic():
        if Document.objects.held(document.pk, document.lease_token).select_for_update().first() is None:
            raise LeaseLost
        staging.publish(document)
        Document.objects.filter(pk=document.pk).update(
            status=Status.READY,
            stage=Stage.NONE,
            ready_at=Now(),
            error="",
            error_code="",
            lease_until=None,
            lease_token=None,
        )


def save_progress(document: Document, **progress: object) -> None:
    """Save how far the work is, renewing the lease; the row is locked until the caller's transaction ends."""
    if not Document.objects.renew_lease(document.pk, document.lease_token, **progress):
        raise LeaseLost


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter: itertools.batched, which Python 3.11 does not have."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
