"""The write path: a claimed document is parsed, chunked, embedded and published.

Knows nothing of claiming, HTTP or who uploaded it. Every step saves its progress together with the lease, and an
interrupted document goes on after the last batch that was stored.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from documents import staging
from documents.bm25 import document_weights
from documents.chunking import TextChunk, split_pages
from documents.embedding.base import Embedder, EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.embedding.texts import embed_texts, words_around
from documents.embedding_indexes.postponing import postpone_filling
from documents.engine_copies.handing_over import CopySwitched, acknowledge, hand_over
from documents.engine_copies.models import EngineCopy
from documents.models import Document, EmbeddingIndex, IndexState, Stage, Status
from documents.parsing.content import NoTextFound
from documents.parsing.guard import parse_guarded
from documents.parsing.limits import Limits
from documents.staging import EmbeddedChunks, IndexedChunk
from documents.tokens import token_id, tokenize
from documents.uploading import original_bytes
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_index.places import Place
from qabot.provider_contract import ProviderError

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 10  # pages stored at a time while parsing: the progress bar moves, and a commit is not made for each

T = TypeVar("T")


class LeaseLost(Exception):
    """The document was deleted, or another worker took it over: whatever was being done to it is void."""


class IndexSwitched(Exception):
    """Another index was made the active one, and the document is not embedded for it yet."""


class NotToday(Exception):
    """Embedding goes on another day. The message is for whoever waits for the document."""


def for_nothing(model: str, texts: Sequence[str]) -> AbstractContextManager[None]:
    """Embedding that nobody counts."""
    return nullcontext()


@dataclass(frozen=True)
class IndexingOptions:
    """What indexing needs to know of the settings."""

    limits: Limits
    embedding_model: str
    embedding_dimensions: int | None
    token_signs: bool = True  # keep each chunk's tokens too, for late interaction
    vector_place: Place | None = None  # of an engine that is told of vectors before their document is ready
    paying: Callable[[str, Sequence[str]], AbstractContextManager[None]] = for_nothing
    """Wraps each batch that a provider's model (named first) embeds; raises NotToday where it may not be paid."""

    def paying_for(self, model: str) -> Callable[[str, Sequence[str]], AbstractContextManager[None]]:
        return for_nothing if model == LOCAL_MODEL else self.paying

    def configures(self, index: EmbeddingIndex) -> bool:
        """Whether an index is of the configured model."""
        return index.model == self.embedding_model and self.embedding_dimensions in (None, index.dimensions)


def index_document(document: Document, options: IndexingOptions) -> None:
    """Index one claimed document until it is ready.

    Raises ParsingError where the file is at fault, ProviderError where the embedding provider is,
    VectorIndexUnavailable where the engine beside Postgres is, NotToday and LeaseLost.
    """
    index = active_index(options)
    embedder = embedder_for(index.model, index.dimensions)
    if document.stage not in (Stage.EMBEDDING, Stage.SAVING):
        parse_pages(document, options.limits)
    embed_chunks(document, index, embedder, keep_tokens=options.token_signs, paying=options.paying_for(index.model))
    embed_for_others(document, index, options)
    while True:
        try:
            return publish(document, options.vector_place, hand_over(document, options.vector_place))
        except IndexSwitched:
            embed_staged(document, active_index(options), options)
        except CopySwitched:
            continue


def active_index(options: IndexingOptions) -> EmbeddingIndex:
    """The index that questions are asked against: made from the configured model where none holds embeddings.

    Where one does, another configured model changes nothing: a whole new index has to be filled first.
    """
    active = EmbeddingIndex.objects.active()
    if active is not None and (options.configures(active) or active.embeddings.exists()):
        return active
    embedder = embedder_for(options.embedding_model, options.embedding_dimensions)
    try:
        with transaction.atomic():
            return _made_active(embedder)
    except IntegrityError:
        # Another process made it first: one active index is what the database allows.
        return EmbeddingIndex.objects.get(state=IndexState.ACTIVE)


def _made_active(embedder: Embedder) -> EmbeddingIndex:
    # With the row held nobody publishes for it: it is as empty as it looks.
    active = EmbeddingIndex.objects.filter(state=IndexState.ACTIVE).select_for_update(no_key=True).first()
    if active is not None:
        if active.embeddings.exists():
            return active
        EmbeddingIndex.objects.filter(pk=active.pk).update(state=IndexState.REMOVING)
    index = EmbeddingIndex.objects.create(model=embedder.model, dimensions=embedder.dimensions, state=IndexState.ACTIVE)
    PgVectorIndex(index).ensure()
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
    save_progress(document, stage=Stage.EMBEDDING, attempts=1)


def embed_chunks(
    document: Document,
    index: EmbeddingIndex,
    embedder: Embedder,
    *,
    keep_tokens: bool = True,
    paying: Callable[[str, Sequence[str]], AbstractContextManager[None]] = for_nothing,
) -> None:
    """Chunk the staged pages and embed what is not embedded yet, batch after batch."""
    done = staging.staged_chunk_count(document)
    total = sum(1 for _ in split_pages(staging.staged_pages(document)))
    if total == 0:
        raise NoTextFound("No text was found in this file. If it is a scan, run text recognition (OCR) on it first.")
    save_progress(document, stage=Stage.EMBEDDING, chunks_done=done, chunks_total=total)
    chunks = islice(split_pages(staging.staged_pages(document)), done, None)
    for batch in batched(chunks, embedder.batch_size):
        with paying(index.model, [chunk.text for chunk in batch]):
            embedded = embed(document, batch, embedder, keep_tokens=keep_tokens)
        done += len(batch)
        with transaction.atomic():
            save_progress(document, chunks_done=done, attempts=1)
            staging.stage_chunks(document, index, embedded)


def embed(document: Document, chunks: list[TextChunk], embedder: Embedder, *, keep_tokens: bool) -> EmbeddedChunks:
    """Embed chunks for both legs; their tokens are kept where the model tells them, with those of the context."""
    embedded = embed_texts([chunk.text for chunk in chunks], context(document), embedder, keep_tokens=keep_tokens)
    return EmbeddedChunks([weigh(document, chunk) for chunk in chunks], embedded.vectors, embedded.token_signs)


def embed_for_others(document: Document, active: EmbeddingIndex, options: IndexingOptions) -> None:
    """Embed what is staged for the index that is being filled too, and for one that may be gone back to.

    Whatever keeps that from succeeding keeps no document waiting: filling catches up with it.
    """
    for index in EmbeddingIndex.objects.due().exclude(pk=active.pk):
        try:
            embed_staged(document, index, options)
        except (ProviderError, EmbedderUnavailable, NotToday) as error:
            postpone_filling(index, error)


def embed_staged(document: Document, index: EmbeddingIndex, options: IndexingOptions) -> None:
    """Embed the staged chunks that have no vector under an index yet, batch after batch."""
    embedder = embedder_for(index.model, index.dimensions)
    paying = options.paying_for(index.model)
    while batch := list(staging.staged_without(document, index).values_list("ordinal", "text")[: embedder.batch_size]):
        texts = [text for _, text in batch]
        with paying(index.model, texts):
            embedded = embed_texts(texts, context(document), embedder, keep_tokens=options.token_signs)
        with transaction.atomic():
            save_progress(document)
            staging.stage_embeddings(document, index, [ordinal for ordinal, _ in batch], embedded)


def weigh(document: Document, chunk: TextChunk) -> IndexedChunk:
    """A chunk's BM25 weights. Its document's name, what the file says of itself and headings count as its words.

    They are not part of the vector: there they took more than they gave.
    """
    around = " ".join((context(document), *chunk.heading_path))
    token_ids = [token_id(token) for token in tokenize(f"{around}\n{chunk.text}")]
    return IndexedChunk(chunk, document_weights(token_ids))


def context(document: Document) -> str:
    """What each chunk of a document is found by besides its text."""
    return words_around(document.name, document.about)


def publish(document: Document, place: Place | None = None, handed_to: EngineCopy | None = None) -> None:
    """Make the document searchable in one transaction: readers see all of it or nothing. Deleting wins.

    `handed_to` is the copy at `place` that holds its vectors already. Raises IndexSwitched if another index has become
    the active one and not every chunk is embedded for it, CopySwitched if another copy answers.
    """
    save_progress(document, stage=Stage.SAVING)
    with transaction.atomic():
        if Document.objects.held(document.pk, document.lease_token).select_for_update().first() is None:
            raise LeaseLost
        indexes = EmbeddingIndex.objects.kept_and_held()
        active = next((index for index in indexes if index.state == IndexState.ACTIVE), None)
        if active is None or staging.staged_without(document, active).exists():
            raise IndexSwitched
        staging.publish(document, indexes)
        acknowledge(document, place, handed_to)
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
    if "stage" in progress and progress["stage"] != document.stage:
        document.stage = str(progress["stage"])
        log.info("document stage", extra={"document": document.pk, "stage": document.stage})


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter: itertools.batched, which Python 3.11 does not have."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
