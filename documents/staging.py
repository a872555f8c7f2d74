"""Where pages and embedded chunks wait until their document is complete. Holds the SQL of that, and no decisions.

Nothing here is read by a search: `publish` moves it into place in one transaction, so readers see all or nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from documents.chunking import TextChunk
from documents.embedding.texts import EmbeddedTexts
from documents.models import (
    TOKEN_DIMENSIONS,
    Document,
    EmbeddingIndex,
    StagedChunk,
    StagedEmbedding,
    StagedPage,
)
from documents.parsing.content import Heading, ParsedPage
from documents.vector_types import from_bytes, know_vectors

PAGES_AT_ONCE = 50  # pages read back at a time: memory stays flat over thousands of pages

COPY_CHUNKS = """
COPY documents_stagedchunk
(document_id, index_id, ordinal, page_number, start, "end", text, heading_path, tokens, weights, vector, token_signs)
FROM STDIN WITH (FORMAT BINARY)
"""
CHUNK_TYPES = "int8 int8 int4 int4 int4 int4 text text[] int4[] sparsevec halfvec bytea".split()  # noqa: SIM905

COPY_EMBEDDINGS = """
COPY documents_stagedembedding (document_id, index_id, ordinal, vector, token_signs) FROM STDIN WITH (FORMAT BINARY)
"""
EMBEDDING_TYPES = ["int8", "int8", "int4", "halfvec", "bytea"]

PUBLISH = [
    # Delete before insert: a document that is indexed again must never show chunks of two versions.
    "DELETE FROM documents_chunk WHERE document_id = %(document)s",
    "DELETE FROM documents_page WHERE document_id = %(document)s",
    """
    INSERT INTO documents_page (document_id, number, label, text, headings)
    SELECT document_id, number, label, text, headings FROM documents_stagedpage WHERE document_id = %(document)s
    """,
    """
    INSERT INTO documents_chunk
    (id, document_id, collection_id, ordinal, page_number, start, "end", text, heading_path, tokens, weights)
    SELECT coalesce(reserved_id, nextval((SELECT pg_get_serial_sequence('documents_chunk', 'id'))::regclass)),
    document_id, %(collection)s, ordinal, page_number, start, "end", text, heading_path, tokens, weights
    FROM documents_stagedchunk WHERE document_id = %(document)s ORDER BY ordinal
    """,
    """
    INSERT INTO documents_embedding (chunk_id, index_id, collection_id, vector, token_signs)
    SELECT chunk.id, staged.index_id, chunk.collection_id, staged.vector, staged.token_signs
    FROM (
        SELECT document_id, ordinal, index_id, vector, token_signs FROM documents_stagedchunk
        UNION ALL SELECT document_id, ordinal, index_id, vector, token_signs FROM documents_stagedembedding
    ) AS staged JOIN documents_chunk AS chunk USING (document_id, ordinal)
    WHERE document_id = %(document)s AND staged.index_id = ANY(%(indexes)s) ORDER BY staged.index_id, ordinal
    """,
    "DELETE FROM documents_stagedembedding WHERE document_id = %(document)s",
    "DELETE FROM documents_stagedchunk WHERE document_id = %(document)s",
    "DELETE FROM documents_stagedpage WHERE document_id = %(document)s",
]

# In order, as without a reservation; what an interrupted worker reserved stays.
RESERVE = """
UPDATE documents_stagedchunk AS staged SET reserved_id = numbered.id
FROM (
    SELECT ordinal, nextval((SELECT pg_get_serial_sequence('documents_chunk', 'id'))::regclass) AS id
    FROM documents_stagedchunk WHERE document_id = %(document)s AND reserved_id IS NULL ORDER BY ordinal
) AS numbered
WHERE document_id = %(document)s AND staged.ordinal = numbered.ordinal
"""

RESERVED_VECTORS = """
SELECT chunk.reserved_id, halfvec_send(coalesce(further.vector, chunk.vector))
FROM documents_stagedchunk AS chunk
LEFT JOIN documents_stagedembedding AS further
ON further.document_id = chunk.document_id AND further.ordinal = chunk.ordinal AND further.index_id = %(index)s
WHERE chunk.document_id = %(document)s AND chunk.reserved_id > %(after)s
AND (chunk.index_id = %(index)s OR further.id IS NOT NULL)
ORDER BY chunk.reserved_id LIMIT %(most)s
"""


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk as the lexical leg sees it: the weight of each of its tokens."""

    chunk: TextChunk
    weights: Mapping[int, float]


@dataclass(frozen=True)
class EmbeddedChunks:
    """Chunks with their vectors, (n, dimensions), and their tokens' signs; None where the model has none."""

    chunks: Sequence[IndexedChunk]
    vectors: NDArray[np.float32]
    token_signs: Sequence[bytes | None]


def clear(document: Document) -> None:
    StagedEmbedding.objects.filter(document=document).delete()
    StagedChunk.objects.filter(document=document).delete()
    StagedPage.objects.filter(document=document).delete()


def stage_pages(document: Document, pages: Sequence[ParsedPage]) -> None:
    StagedPage.objects.bulk_create(
        StagedPage(
            document=document,
            number=page.number,
            label=page.label[:255],
            text=page.text,
            headings=[[heading.start, heading.level, heading.text] for heading in page.headings],
        )
        for page in pages
    )


def staged_pages(document: Document) -> Iterator[ParsedPage]:
    """The pages in order, some at a time."""
    last = 0
    while batch := list(StagedPage.objects.filter(document=document, number__gt=last)[:PAGES_AT_ONCE]):
        for page in batch:
            headings = tuple(Heading(start, level, text) for start, level, text in page.headings)
            yield ParsedPage(page.number, page.label, page.text, headings)
        last = batch[-1].number


def stage_chunks(document: Document, index: EmbeddingIndex, embedded: EmbeddedChunks) -> None:
    """Store embedded chunks by binary COPY."""
    know_vectors()
    # What COPY raises is psycopg's own: without the wrapper no `except DatabaseError` would know it.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY_CHUNKS) as copy:
        copy.set_types(CHUNK_TYPES)
        for indexed, vector, signs in zip(embedded.chunks, embedded.vectors, embedded.token_signs, strict=True):
            copy.write_row((*_row(document, index, indexed), HalfVector(vector), signs))


def _row(document: Document, index: EmbeddingIndex, indexed: IndexedChunk) -> tuple[object, ...]:
    chunk = indexed.chunk
    return (
        document.pk,
        index.pk,
        chunk.ordinal,
        chunk.page_number,
        chunk.start,
        chunk.end,
        chunk.text,
        list(chunk.heading_path),
        sorted(indexed.weights),
        SparseVector({token - 1: weight for token, weight in indexed.weights.items()}, TOKEN_DIMENSIONS),
    )


def staged_chunk_count(document: Document) -> int:
    """How many chunks are done already, under whichever index was active then."""
    return StagedChunk.objects.filter(document=document).count()


def staged_without(document: Document, index: EmbeddingIndex) -> QuerySet[StagedChunk]:
    """The staged chunks, in order, that have no vector under an index yet."""
    further = StagedEmbedding.objects.filter(document=document, index=index, ordinal=OuterRef("ordinal"))
    return StagedChunk.objects.filter(~Exists(further), document=document).exclude(index=index).order_by("ordinal")


def stage_embeddings(
    document: Document, index: EmbeddingIndex, ordinals: Sequence[int], embedded: EmbeddedTexts
) -> None:
    """Store vectors of staged chunks under one more index, by binary COPY."""
    know_vectors()
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY_EMBEDDINGS) as copy:
        copy.set_types(EMBEDDING_TYPES)
        for ordinal, vector, signs in zip(ordinals, embedded.vectors, embedded.token_signs, strict=True):
            copy.write_row((document.pk, index.pk, ordinal, HalfVector(vector), signs))


def reserve_ids(document: Document) -> list[int]:
    """Give the staged chunks the ids they will have once published; which those are."""
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"document": document.pk})
    return reserved_ids(document=document)


def reserved_ids(**of: Any) -> list[int]:
    """The ids that staged chunks will have, for those that an engine was told of."""
    ids = StagedChunk.objects.filter(reserved_id__isnull=False, **of).values_list("reserved_id", flat=True)
    return [chunk_id for chunk_id in ids if chunk_id is not None]


def reserved_vectors(
    document: Document, index: EmbeddingIndex, after: int, most: int
) -> list[tuple[int, NDArray[np.float32]]]:
    """Staged vectors under an index by the ids of their chunks, in order, beyond `after`."""
    values: dict[str, Any] = {"document": document.pk, "index": index.pk, "after": after, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(RESERVED_VECTORS, values)
        return [(chunk_id, from_bytes(sent)) for chunk_id, sent in cursor.fetchall()]


def publish(document: Document, indexes: Sequence[EmbeddingIndex]) -> None:
    """Move everything staged into place: vectors of these indexes alone, the others are let go.

    To be called inside a transaction that holds the document's row and the indexes' states.
    """
    values: dict[str, Any] = {
        "document": document.pk,
        "collection": document.collection_id,
        "indexes": [index.pk for index in indexes],
    }
    with connection.cursor() as cursor:
        for statement in PUBLISH:
            cursor.execute(statement, values)
