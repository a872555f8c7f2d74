"""Check that what is stored of documents keeps its promises. Reads only; holds the SQL of that, and no repairs.

For a restored backup, for `manage.py doctor`, and for whoever killed a worker a few times. Each check is one statement,
so it sees one moment, whatever is written meanwhile; those over all chunks take seconds on a large database.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import connection

from documents.models import (
    Chunk,
    Document,
    Embedding,
    EmbeddingIndex,
    IndexState,
    OriginalPart,
    Status,
    TokenFrequency,
)
from documents.uploading import PART_BYTES, original_bytes
from qabot.checked import Checked, checked

LONGEST_WAIT_SECONDS = 3600  # leases and postponements end within minutes; one beyond this would never be worked on

CHUNKS_OFF_THEIR_PAGES = """
SELECT format('document %s, chunk %s', chunk.document_id, chunk.ordinal)
FROM documents_chunk AS chunk
LEFT JOIN documents_page AS page ON page.document_id = chunk.document_id AND page.number = chunk.page_number
WHERE page.id IS NULL OR substr(page.text, chunk.start + 1, chunk."end" - chunk.start) <> chunk.text
"""

READY_BUT_INCOMPLETE = """
WITH indexed AS (
    SELECT chunk.document_id, count(*) AS chunks, count(embedding.id) AS embeddings
    FROM documents_chunk AS chunk
    LEFT JOIN documents_embedding AS embedding ON embedding.chunk_id = chunk.id
    AND embedding.index_id = (SELECT id FROM documents_embeddingindex WHERE state = 'active')
    GROUP BY chunk.document_id
)
SELECT format('document %s', document.id)
FROM documents_document AS document LEFT JOIN indexed ON indexed.document_id = document.id
WHERE document.status = 'ready' AND (
    indexed.chunks IS DISTINCT FROM document.chunks_total
    OR indexed.embeddings IS DISTINCT FROM indexed.chunks
    OR NOT EXISTS (SELECT FROM documents_page AS page WHERE page.document_id = document.id)
)
"""

EMBEDDINGS_OF_OTHER_SHAPE = """
SELECT format('embedding %s', embedding.id)
FROM documents_embedding AS embedding JOIN documents_embeddingindex AS owner ON owner.id = embedding.index_id
WHERE vector_dims(embedding.vector) <> owner.dimensions
"""

# HNSW indexes come and go with embedding indexes, so no migration tells which there are.
INDEXES_WITHOUT_HNSW = """
SELECT format('index %s, %s', owner.id, owner.model)
FROM documents_embeddingindex AS owner
WHERE owner.state = 'active' AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE indrelid = 'documents_embedding'::regclass AND amname = 'hnsw' AND indisvalid
    AND pg_get_expr(indpred, indrelid) = format('(index_id = %s)', owner.id)
)
"""

COLLECTIONS_THAT_DIFFER = """
SELECT format('document %s, chunk %s', document.id, chunk.ordinal)
FROM documents_chunk AS chunk JOIN documents_document AS document ON document.id = chunk.document_id
LEFT JOIN documents_embedding AS embedding ON embedding.chunk_id = chunk.id
WHERE chunk.collection_id <> document.collection_id OR embedding.collection_id <> document.collection_id
"""

FREQUENCIES_OFF = """
SELECT format('collection %s, token %s', collection_id, token)
FROM (
    SELECT collection_id, token, count(*) AS chunks FROM documents_chunk, unnest(tokens) AS token
    GROUP BY collection_id, token
) AS counted FULL JOIN documents_tokenfrequency AS kept USING (collection_id, token)
WHERE counted.chunks IS DISTINCT FROM kept.chunks
"""

STAGED_WITHOUT_WORK = """
SELECT format('document %s', document.id) FROM documents_document AS document
WHERE document.status = 'ready' AND (
    EXISTS (SELECT FROM documents_stagedpage AS page WHERE page.document_id = document.id)
    OR EXISTS (SELECT FROM documents_stagedchunk AS chunk WHERE chunk.document_id = document.id)
    OR EXISTS (SELECT FROM documents_stagedembedding AS staged WHERE staged.document_id = document.id)
)
"""

NEVER_CLAIMABLE = """
SELECT format('document %%s', id) FROM documents_document
WHERE status IN ('pending', 'processing') AND lease_until > now() + make_interval(secs => %s)
"""

ORIGINALS_OF_OTHER_SIZE = """
SELECT format('document %s', document.id)
FROM documents_document AS document
LEFT JOIN (
    SELECT document_id, sum(length(content)) AS bytes FROM documents_originalpart GROUP BY document_id
) AS original ON original.document_id = document.id
WHERE original.bytes IS DISTINCT FROM document.size_bytes
"""

SHORT_ORIGINALS_CHANGED = """
SELECT format('document %s', document.id)
FROM documents_document AS document JOIN documents_originalpart AS part ON part.document_id = document.id
WHERE document.size_bytes = length(part.content) AND encode(sha256(part.content), 'hex') <> document.sha256
"""


def check_documents() -> list[Checked]:
    """Every promise about documents and what is stored of them."""
    ready = Document.objects.filter(status=Status.READY).count()
    chunks = Chunk.objects.count()
    active = EmbeddingIndex.objects.filter(state=IndexState.ACTIVE).count()
    return [
        checked("each original is the file that was uploaded", Document.objects.count(), _changed_originals()),
        checked(
            "each ready document has pages, chunks and an embedding of each chunk", ready, _rows(READY_BUT_INCOMPLETE)
        ),
        checked("each chunk is its page's text from start to end", chunks, _rows(CHUNKS_OFF_THEIR_PAGES)),
        checked("each vector has its index's dimensions", Embedding.objects.count(), _rows(EMBEDDINGS_OF_OTHER_SHAPE)),
        checked("each chunk is in its document's collection", chunks, _rows(COLLECTIONS_THAT_DIFFER)),
        checked("token frequencies are what a recount gives", TokenFrequency.objects.count(), _rows(FREQUENCIES_OFF)),
        checked("the active index can be searched quickly", active, _rows(INDEXES_WITHOUT_HNSW)),
        check_work(),
    ]


def check_work() -> Checked:
    """What waits or was interrupted is worked on again, and what is ready waits for nothing. Quick."""
    waiting = Document.objects.filter(status__in=[Status.PENDING, Status.PROCESSING]).count()
    wrong = [*_rows(NEVER_CLAIMABLE, LONGEST_WAIT_SECONDS), *_rows(STAGED_WITHOUT_WORK)]
    return checked("unfinished documents can be claimed by a worker", waiting, wrong)


def _changed_originals() -> Iterator[str]:
    yield from _rows(ORIGINALS_OF_OTHER_SIZE)
    yield from _rows(SHORT_ORIGINALS_CHANGED)
    whole = Document.objects.filter(size_bytes__gt=PART_BYTES)
    for document in whole.iterator():
        digest = hashlib.sha256()
        try:
            for part in original_bytes(document):
                digest.update(part)
        except OriginalPart.DoesNotExist:
            continue  # told already: its size is another one
        if digest.hexdigest() != document.sha256:
            yield f"document {document.pk}"


def _rows(query: str, *values: Any) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        yield from (row[0] for row in cursor.fetchall())
