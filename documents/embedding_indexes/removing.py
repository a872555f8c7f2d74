"""Remove an index that was given up, bit by bit: its search index first, then its rows, at last itself."""

from django.db.models import ProtectedError

from documents.embedding_indexes.storing import delete_some
from documents.models import EmbeddingIndex, Filling, StagedEmbedding
from documents.vector_index.pgvector import PgVectorIndex

ROWS_AT_ONCE = 5_000  # of one commit: about 0.1 s, and nobody waits for it


def remove_some(index: EmbeddingIndex) -> bool:
    """Remove one batch; False if nothing is left that can go now.

    A backup may read the search index's table, a document in progress may hold chunks that were staged under the
    index, and an engine its copy: it goes after them.
    """
    if not PgVectorIndex(index).drop():
        return False
    if delete_some(index, ROWS_AT_ONCE):
        return True
    StagedEmbedding.objects.filter(index=index).delete()
    Filling.objects.filter(index=index).delete()
    try:
        return bool(EmbeddingIndex.objects.filter(pk=index.pk).delete()[0])
    except ProtectedError:
        return False
