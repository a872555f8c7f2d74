"""Move a document to another collection, with all that is searched of it, in one transaction. Holds the SQL of that.

Knows nothing of who may do it. Chunks and embeddings carry their collection, and token frequencies are counted by it:
a search sees a document in the one collection or in the other, never in both and never in none.
"""

from enum import Enum, auto
from typing import Any

from django.db import IntegrityError, connection, transaction

from documents.models import Collection, Document, Status


class Moved(Enum):
    """What became of a document that was to be moved."""

    DONE = auto()
    DUPLICATE = auto()  # the same bytes stand in the other collection already
    BUSY = auto()  # a worker holds it, and publishes it where it stood when it was claimed
    GONE = auto()  # deleted or moved meanwhile, or there already


# Whoever embeds or cites chunks meanwhile holds them FOR KEY SHARE: their rows are waited for, and moved with the rest.
HOLD_CHUNKS = "SELECT id FROM documents_chunk WHERE document_id = %(document)s ORDER BY id FOR UPDATE"

MOVE = [
    # In the order of collections and tokens, as the triggers write them: nobody waits for each other in a circle.
    """
    INSERT INTO documents_tokenfrequency (collection_id, token, chunks)
    SELECT collection_id, token, chunks FROM (
        SELECT token, count(*) AS held FROM documents_chunk, unnest(tokens) AS token
        WHERE document_id = %(document)s GROUP BY token
    ) AS counted CROSS JOIN LATERAL (VALUES (%(source)s, -held), (%(target)s, held)) AS change (collection_id, chunks)
    ORDER BY collection_id, token
    ON CONFLICT (collection_id, token) DO UPDATE SET chunks = documents_tokenfrequency.chunks + excluded.chunks
    """,
    """
    DELETE FROM documents_tokenfrequency WHERE collection_id = %(source)s AND chunks <= 0 AND token IN (
        SELECT unnest(tokens) FROM documents_chunk WHERE document_id = %(document)s
    )
    """,
    "UPDATE documents_chunk SET collection_id = %(target)s WHERE document_id = %(document)s",
    """
    UPDATE documents_embedding SET collection_id = %(target)s
    WHERE chunk_id IN (SELECT id FROM documents_chunk WHERE document_id = %(document)s)
    """,
]


def move_document(document: Document, target: Collection) -> Moved:
    """Move a document, if it still stands where `document` says and nobody works on it."""
    source_id = document.collection_id
    if source_id == target.pk:
        return Moved.GONE
    try:
        with transaction.atomic():
            # The document first, then its chunks: as all who hold both do.
            standing = Document.objects.filter(pk=document.pk, collection=source_id)
            if not standing.exclude(status=Status.PROCESSING).update(collection=target):
                return Moved.BUSY if standing.exists() else Moved.GONE
            values: dict[str, Any] = {"document": document.pk, "source": source_id, "target": target.pk}
            with connection.cursor() as cursor:
                cursor.execute(HOLD_CHUNKS, values)
                for statement in MOVE:
                    cursor.execute(statement, values)
    except IntegrityError:
        return _why_not(document, target)
    return Moved.DONE


def _why_not(document: Document, target: Collection) -> Moved:
    """A breach is that of the one rule there is, the same bytes once in a collection, or the collection is gone."""
    if Document.objects.filter(collection=target, sha256=document.sha256).exists():
        return Moved.DUPLICATE
    return Moved.GONE
