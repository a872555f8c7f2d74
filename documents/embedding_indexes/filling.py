"""Fill indexes with what they lack, a batch at a time: what a worker does while no document waits.

Knows nothing of documents' parsing or of questions. A document is held by a lease while its chunks are embedded, so
workers share an index; each batch is committed, so whoever dies loses one batch.
"""

import logging
import threading
import time
from collections import deque

from django.db import DatabaseError, InterfaceError, connection, transaction

from documents.embedding.base import EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding.texts import embed_texts, words_around
from documents.embedding_indexes.postponing import note_progress, postpone_filling
from documents.embedding_indexes.removing import remove_some
from documents.embedding_indexes.storing import store
from documents.indexing import IndexingOptions, NotToday
from documents.models import Chunk, EmbeddingIndex, Filling, IndexState
from documents.vector_index.pgvector import PgVectorIndex
from qabot.provider_contract import ProviderError, ProviderRefusedContent

DOCUMENTS_AT_ONCE = 1_000  # found in one go: finding them reads the chunks that are embedded already
LOOK_AGAIN_SECONDS = 20.0  # after nothing was lacking: new documents are embedded for every index on their way in
REST_SECONDS = 30.0  # after the database failed, full for instance: what is embedded and cannot be stored is paid for

log = logging.getLogger(__name__)


class Filler:
    """One worker's filling: which documents it found lacking, and which one it is at."""

    def __init__(self, options: IndexingOptions, look_again_seconds: float = LOOK_AGAIN_SECONDS) -> None:
        self.options = options
        self._look_again_seconds = look_again_seconds
        self._look_again: dict[int, float] = {}  # by index: not before, time.monotonic()
        self._documents: dict[int, deque[int]] = {}  # by index: ids of documents that lacked chunks
        self._at: dict[int, Filling] = {}  # by index; kept while the database is away
        self._resting_until = 0.0  # time.monotonic()

    def work_once(self) -> bool:
        """Embed one batch, or remove some of what was given up; False if there is nothing to do now."""
        if time.monotonic() < self._resting_until:
            return False
        try:
            given_up = EmbeddingIndex.objects.filter(state=IndexState.REMOVING).order_by("pk")
            return any(map(remove_some, given_up)) or any(map(self._fill, EmbeddingIndex.objects.due()))
        except (DatabaseError, InterfaceError):
            self._resting_until = time.monotonic() + REST_SECONDS
            raise

    def let_go(self) -> None:
        """Release what this worker holds, as it ends: the next one goes on at once."""
        for filling in self._at.values():
            Filling.objects.release(filling)
        self._at.clear()

    def _fill(self, index: EmbeddingIndex) -> bool:
        filling = self._at.get(index.pk) or self._next(index)
        if filling is None:
            return False
        self._at[index.pk] = filling
        try:
            more = self._embed_batch(index, filling)
            note_progress(index)
        except ProviderRefusedContent as error:
            # The document's fault, which somebody has to look at; others are tried meanwhile.
            postpone_filling(index, error, f"Document {filling.document_id}: {error}")
            more = False
        except (ProviderError, EmbedderUnavailable, NotToday) as error:
            postpone_filling(index, error)
            more = False
        if not more:
            Filling.objects.release(filling)
            del self._at[index.pk]
        return True

    def _next(self, index: EmbeddingIndex) -> Filling | None:
        """The next document that lacks chunks and that nobody else is at."""
        waiting = self._documents.setdefault(index.pk, deque())
        if not waiting and time.monotonic() >= self._look_again.get(index.pk, 0.0):
            self._look(index, waiting)
        while waiting:
            filling = Filling.objects.claim(index, waiting.popleft())
            if filling is not None:
                self._look_again.pop(index.pk, None)  # there may be more than were found in one go
                return filling
        return None

    def _look(self, index: EmbeddingIndex, waiting: deque[int]) -> None:
        """Look what an index lacks; where that is nothing, see to its search index."""
        self._look_again[index.pk] = time.monotonic() + self._look_again_seconds
        waiting += Chunk.objects.lacking(index).documents(DOCUMENTS_AT_ONCE)
        engine = PgVectorIndex(index)
        if waiting or engine.is_built() or engine.is_being_built():
            return
        if EmbeddingIndex.objects.take_turn_to_build(index.pk):
            # In a thread: documents that come do not wait for it.
            threading.Thread(target=build, args=(index,), name="hnsw", daemon=True).start()

    def _embed_batch(self, index: EmbeddingIndex, filling: Filling) -> bool:
        """Embed the next chunks of a document; False once it lacks none, is deleted, or is somebody else's."""
        embedder = embedder_for(index.model, index.dimensions)
        lacking = Chunk.objects.lacking(index).filter(document_id=filling.document_id).order_by("ordinal")
        chunks = list(lacking.select_related("document").defer("tokens", "weights")[: embedder.batch_size])
        if not chunks:
            return False
        document, texts = chunks[0].document, [chunk.text for chunk in chunks]
        with self.options.paying_for(index.model)(index.model, texts):
            around = words_around(document.name, document.about)
            embedded = embed_texts(texts, around, embedder, keep_tokens=self.options.token_signs)
        with transaction.atomic():
            if index not in EmbeddingIndex.objects.kept_and_held() or not Filling.objects.renew(filling):
                return False
            store(index, chunks, embedded)
        return True


def build(index: EmbeddingIndex) -> None:
    """Build an index's search index; a failure is told in its status, and tried again later."""
    log.info("search index begun", extra={"index": index.pk})
    try:
        PgVectorIndex(index).build()
    except DatabaseError as error:
        postpone_filling(index, error, f"The search index could not be built ({type(error).__name__}).")
    else:
        log.info("search index built", extra={"index": index.pk})
    finally:
        EmbeddingIndex.objects.filter(pk=index.pk).update(building_until=None)
        connection.close()
