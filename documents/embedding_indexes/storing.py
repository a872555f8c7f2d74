"""Store embeddings of chunks that are published already, and delete them again. Holds the SQL of that."""

from collections.abc import Sequence

from django.db import connection, transaction
from pgvector import HalfVector

from documents.embedding.texts import EmbeddedTexts
from documents.models import Chunk, Embedding, EmbeddingIndex
from documents.vector_types import know_vectors

# What is being deleted is skipped, not waited for: whoever deletes may wait for us. The rest stays until we commit.
# Their collection is that of now: the document may have been moved while its chunks were embedded.
STANDING = "SELECT id, collection_id FROM documents_chunk WHERE id = ANY(%s) FOR KEY SHARE SKIP LOCKED"
COPY = """
COPY documents_embedding (chunk_id, index_id, collection_id, vector, token_signs) FROM STDIN WITH (FORMAT BINARY)
"""
TYPES = ["int8", "int8", "int8", "halfvec", "bytea"]


def store(index: EmbeddingIndex, chunks: Sequence[Chunk], embedded: EmbeddedTexts) -> None:
    """Store the vectors of those chunks that still stand, by binary COPY. To be called inside a transaction."""
    know_vectors()
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [[chunk.pk for chunk in chunks]])
        standing: dict[int, int] = dict(cursor.fetchall())
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for chunk, vector, signs in zip(chunks, embedded.vectors, embedded.token_signs, strict=True):
                if chunk.pk in standing:
                    copy.write_row((chunk.pk, index.pk, standing[chunk.pk], HalfVector(vector), signs))


def delete_some(index: EmbeddingIndex, most: int) -> int:
    """Delete up to so many embeddings of an index, in a commit of their own; how many it were.

    Rows that somebody else is deleting are left to them: two who remove an index never wait for each other.
    """
    with transaction.atomic():
        rows = Embedding.objects.filter(index=index).order_by("pk").select_for_update(skip_locked=True)
        return Embedding.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:most])).delete()[0]
