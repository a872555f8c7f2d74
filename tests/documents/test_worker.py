"""The worker and the write path: all of a document or nothing, whatever happens on the way."""

import threading
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.db.models.functions import Now

from documents import worker
from documents.embedding.choice import embedder_for
from documents.indexing import LeaseLost, active_index, embed_chunks, index_document, parse_pages, publish
from documents.managing import delete_document, index_again, retry
from documents.models import (
    Chunk,
    Document,
    Embedding,
    EmbeddingIndex,
    Page,
    Stage,
    StagedChunk,
    StagedPage,
    Status,
    TokenFrequency,
)
from documents.options import indexing_options
from documents.vector_index.pgvector import PgVectorIndex
from documents.worker import work_once, work_until
from tests.library import index_text, make_collection, upload_text

LONG = "\n\n".join(f"Paragraph {n}. The cat number {n} sleeps on mat {n * 7} for {n + 2} hours." for n in range(200))


@pytest.mark.django_db
def test_a_document_becomes_ready_with_chunks_that_are_its_pages_words():
    document = index_text(make_collection(), "cats.txt", LONG)

    assert (document.status, document.error, document.lease_token) == (Status.READY, "", None)
    page = Page.objects.get(document=document)
    chunks = list(document.chunks.all())
    assert [chunk.text for chunk in chunks] == [page.text[chunk.start : chunk.end] for chunk in chunks]
    assert len(chunks) == document.chunks_total == document.chunks_done > 5
    assert Embedding.objects.filter(chunk__document=document).count() == len(chunks)
    assert (StagedChunk.objects.count(), StagedPage.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_vectors_are_stored_as_the_model_made_them():
    document = index_text(make_collection(), "cats.txt", "Cats purr when they are content.")

    stored = np.array(Embedding.objects.get(chunk__document=document).vector)

    expected = embedder_for("all-MiniLM-L6-v2").embed_passages(["Cats purr when they are content."])[0]
    assert float(stored @ expected) > 0.9999


@pytest.mark.django_db
def test_token_frequencies_follow_every_insert_and_delete():
    reports = make_collection()
    first = index_text(reports, "a.txt", "Cats purr.")
    alone = {row.token: row.chunks for row in TokenFrequency.objects.all()}
    second = index_text(reports, "b.txt", "Cats purr and dogs bark.")

    delete_document(second)
    assert {row.token: row.chunks for row in TokenFrequency.objects.all()} == alone

    delete_document(first)
    assert (TokenFrequency.objects.count(), Chunk.objects.count(), Embedding.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_a_file_at_fault_fails_with_its_reason():
    document = upload_text(make_collection(), "script.html", "<html><body><script>run()</script></body></html>")

    work_once(indexing_options())

    document.refresh_from_db()
    assert (document.status, document.error_code, document.lease_token) == (Status.FAILED, "no_text", None)
    assert document.error


@pytest.mark.django_db
def test_interrupted_work_goes_on_after_the_last_stored_batch(settings):
    document = claimed(upload_text(make_collection(), "cats.txt", LONG))
    options = indexing_options()
    index = active_index(options)
    counting = CountingEmbedder(stop_after=1)
    parse_pages(document, options.limits)
    with pytest.raises(InterruptedError):
        embed_chunks(document, index, counting)
    stored = StagedChunk.objects.count()

    resumed = CountingEmbedder(stop_after=None)
    embed_chunks(document, index, resumed)
    publish(document)

    assert stored == counting.embedded > 0
    assert counting.embedded + resumed.embedded == document.chunks.count()
    assert [chunk.ordinal for chunk in document.chunks.all()] == list(range(document.chunks.count()))


@pytest.mark.django_db
def test_a_document_deleted_while_it_is_indexed_stays_deleted():
    document = claimed(upload_text(make_collection(), "cats.txt", LONG))
    options = indexing_options()
    index = active_index(options)
    parse_pages(document, options.limits)
    embed_chunks(document, index, embedder_for(index.model))

    delete_document(document)

    with pytest.raises(LeaseLost):
        publish(document)
    assert (Document.objects.count(), Chunk.objects.count(), StagedChunk.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_claimed_again_and_its_old_holder_can_do_nothing():
    document = claimed(upload_text(make_collection(), "cats.txt", "Cats purr."))
    assert Document.objects.claim_next() is None
    Document.objects.filter(pk=document.pk).update(lease_until=Now() - timedelta(seconds=1))

    second = Document.objects.claim_next()

    assert second is not None
    assert (second.pk, second.attempts) == (document.pk, 2)
    with pytest.raises(LeaseLost):
        index_document(document, indexing_options())
    index_document(second, indexing_options())
    assert Document.objects.get().status == Status.READY


@pytest.mark.django_db
def test_a_third_claim_fails_the_document_with_a_reason():
    document = upload_text(make_collection(), "cats.txt", "Cats purr.")
    Document.objects.update(
        status=Status.PROCESSING, attempts=2, lease_until=Now() - timedelta(seconds=1), lease_token=uuid4()
    )

    assert work_once(indexing_options())

    document.refresh_from_db()
    assert (document.status, document.error_code) == (Status.FAILED, "gave_up")


@pytest.mark.django_db
def test_indexing_again_replaces_the_chunks_at_once():
    document = index_text(make_collection(), "cats.txt", LONG)
    before = set(document.chunks.values_list("pk", flat=True))

    index_again(document)
    while_waiting = set(document.chunks.values_list("pk", flat=True))
    work_once(indexing_options())

    document.refresh_from_db()
    after = set(document.chunks.values_list("pk", flat=True))
    assert while_waiting == before
    assert (document.status, document.generation, len(after)) == (Status.READY, 2, len(before))
    assert not after & before


@pytest.mark.django_db
def test_only_a_failed_document_can_be_tried_again():
    document = index_text(make_collection(), "cats.txt", "Cats purr.")
    assert not retry(document)

    Document.objects.update(status=Status.FAILED, error="broken", error_code="corrupt")
    document.refresh_from_db()
    assert retry(document)
    assert Document.objects.get().status == Status.PENDING


@pytest.mark.django_db
def test_a_stopped_worker_hands_its_document_back_uncounted(monkeypatch):
    document = claimed(upload_text(make_collection(), "cats.txt", "Cats purr."))

    worker.release(document)

    document.refresh_from_db()
    assert (document.status, document.attempts, document.lease_token) == (Status.PENDING, 0, None)


@pytest.mark.django_db
def test_there_is_one_active_index_of_the_configured_model():
    index_text(make_collection(), "cats.txt", "Cats purr.")

    assert [(i.model, i.dimensions, i.state) for i in EmbeddingIndex.objects.all()] == [
        ("all-MiniLM-L6-v2", 384, "active")
    ]
    with connection.cursor() as cursor:
        name = PgVectorIndex(EmbeddingIndex.objects.get()).name
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        assert ["hnsw" in row[0] for row in cursor.fetchall()] == [True]


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work_without_doing_any_twice():
    reports = make_collection()
    for number in range(6):
        upload_text(reports, f"{number}.txt", f"Cat number {number} purrs.")
    stop = threading.Event()
    threads = [threading.Thread(target=work_until, args=(stop, indexing_options())) for _ in range(2)]
    for thread in threads:
        thread.start()

    for _ in range(600):
        if Document.objects.filter(status=Status.READY).count() == 6:
            break
        stop.wait(0.1)
    stop.set()
    for thread in threads:
        thread.join()

    assert list(Document.objects.values_list("status", "attempts")) == [(Status.READY, 1)] * 6
    assert (Chunk.objects.count(), Embedding.objects.count()) == (6, 6)


def claimed(document: Document) -> Document:
    found = Document.objects.claim_next()
    assert found is not None
    assert found.pk == document.pk
    assert found.stage == Stage.NONE
    return found


class CountingEmbedder:
    """The local model, which counts what it embeds and can be interrupted after some batches."""

    model, dimensions, batch_size = "all-MiniLM-L6-v2", 384, 4

    def __init__(self, stop_after: int | None) -> None:
        self.stop_after, self.batches, self.embedded = stop_after, 0, 0

    def embed_passages(self, texts):
        if self.stop_after is not None and self.batches == self.stop_after:
            raise InterruptedError
        self.batches += 1
        self.embedded += len(texts)
        return embedder_for(self.model).embed_passages(texts)

    def embed_question(self, text):
        return embedder_for(self.model).embed_question(text)

    def embed_questions(self, texts):
        return embedder_for(self.model).embed_questions(texts)
