"""What tests of embedding indexes do: begin one, fill it, look at what is in it."""

import time

from documents import staging
from documents.embedding_indexes.filling import Filler
from documents.embedding_indexes.status import status_of
from documents.embedding_indexes.switching import begin
from documents.indexing import IndexingOptions, index_document, save_progress
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex, Stage
from documents.options import indexing_options
from documents.parsing.content import ParsedPage
from tests.library import upload_text

LOCAL = "all-MiniLM-L6-v2"  # 384 dimensions
SMALL = "text-embedding-3-small"  # 1,536 dimensions
FACTS = {
    "cats": "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day.",
    "tower": "The Eiffel Tower in Paris is 330 metres tall. It was built for the World's Fair of 1889.",
    "honey": "Bees make honey from nectar. A hive holds forty thousand bees in summer.",
    "whales": "Blue whales are the largest animals. A blue whale weighs as much as thirty elephants.",
}
LONG = "\n\n".join(f"{n}. " + f"The cat number {n} sleeps on mat {n * 7}. " * 20 for n in range(120))  # 120 chunks
SECONDS = 60  # a busy machine's patience


def index_page(collection: Collection, name: str, text: str) -> Document:
    """Upload a text and index it as one page, without the process that would read it."""
    upload_text(collection, name, text)
    document = claimed_page(text)
    index_document(document, indexing_options())
    document.refresh_from_db()
    return document


def claimed_page(text: str) -> Document:
    """The document that waits, claimed and read."""
    document = Document.objects.claim_next()
    assert document is not None
    staging.stage_pages(document, [ParsedPage(1, "", text, ())])
    save_progress(document, stage=Stage.EMBEDDING)
    document.refresh_from_db()
    return document


def begin_small() -> EmbeddingIndex:
    return begin(SMALL, 1536)


def filler(options: IndexingOptions | None = None) -> Filler:
    return Filler(options or indexing_options(), look_again_seconds=0.05)


def fill(index: EmbeddingIndex, by: Filler | None = None) -> None:
    """Fill an index until it can be activated."""
    worker = by or filler()
    for _ in range(SECONDS * 100):
        if status(index).complete:
            return
        if not worker.work_once():
            time.sleep(0.01)
    raise AssertionError(f"{status(index)} is not complete after {SECONDS} seconds.")


def status(index: EmbeddingIndex):
    return status_of(EmbeddingIndex.objects.with_progress().get(pk=index.pk))


def embedded(index: EmbeddingIndex) -> set[int]:
    """The chunks that an index holds."""
    return set(Embedding.objects.filter(index=index).values_list("chunk", flat=True))


def all_chunks() -> set[int]:
    return set(Chunk.objects.values_list("pk", flat=True))
