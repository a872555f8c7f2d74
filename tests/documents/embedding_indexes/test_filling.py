"""A worker fills an index in its spare time: resumable, shared, patient with a provider, and never in the way."""

import threading
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection
from django.db.models.functions import Now

from documents.embedding.choice import embedder_for
from documents.embedding_indexes.switching import activate, begin, give_up
from documents.indexing import IndexingOptions, NotToday
from documents.managing import delete_document, index_again
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex, Filling, Status
from documents.options import indexing_options
from documents.worker import work_once, work_until
from tests.documents.embedding_indexes.steps import (
    FACTS,
    SMALL,
    all_chunks,
    begin_small,
    embedded,
    fill,
    filler,
    index_page,
    status,
)
from tests.fakes.provider import FakeProvider
from tests.library import upload_text


def texts_sent(provider: FakeProvider) -> Counter[str]:
    return Counter(text for request in provider.requests for text in request.body["input"])


def test_every_chunk_is_embedded_once_and_the_search_index_is_built(provider: FakeProvider, library: Collection):
    index = begin_small()

    fill(index)

    assert embedded(index) == all_chunks()
    assert texts_sent(provider) == Counter(FACTS.values())
    assert (status(index).percent, status(index).searchable, Filling.objects.count()) == (100, True, 0)
    chunk = Chunk.objects.get(document__name="cats.txt")
    stored = np.array(Embedding.objects.get(index=index, chunk=chunk).vector)
    assert float(stored @ embedder_for(SMALL).embed_passages([chunk.text])[0]) > 0.999


def test_tokens_are_kept_where_the_model_has_them_alone(
    provider: FakeProvider, library: Collection, settings: LazySettings
):
    local = EmbeddingIndex.objects.get()
    kept = Embedding.objects.token_signs_of(local, all_chunks())
    hosted = begin_small()
    fill(hosted)
    activate(hosted.pk)
    Embedding.objects.filter(index=local).delete()

    fill(local)

    assert Embedding.objects.token_signs_of(local, all_chunks()) == kept
    assert set(Embedding.objects.filter(index=hosted).values_list("token_signs", flat=True)) == {None}


def test_a_document_that_waits_comes_first(provider: FakeProvider, library: Collection):
    begin_small()
    stop, asked = threading.Event(), []

    def spare_time() -> bool:
        asked.append(list(Document.objects.exclude(status=Status.READY)))
        stop.set()
        return False

    upload_text(library, "new.txt", "A new document waits.")
    work_until(stop, indexing_options(), spare_time)

    assert asked == [[]]


def test_what_is_embedded_stays_and_another_worker_goes_on_once_the_lease_ran_out(
    provider: FakeProvider, long_library: Collection
):
    index = begin(SMALL, 256)
    killed = filler()
    killed.work_once()  # and no more: nothing of it is released
    done = len(embedded(index))

    second = filler()
    second.work_once()
    untouched = len(embedded(index))
    Filling.objects.update(lease_until=Now() - timedelta(seconds=1))
    fill(index, second)
    killed.work_once()

    assert 0 < done == untouched < len(all_chunks())
    assert embedded(index) == all_chunks()
    assert texts_sent(provider) == Counter(Chunk.objects.values_list("text", flat=True))


def test_workers_share_an_index_and_do_nothing_twice(provider: FakeProvider, library: Collection):
    for number in range(12):
        index_page(library, f"{number}.txt", f"The cat number {number} sleeps on mat {number * 7}.")
    index = begin_small()
    stop = threading.Event()
    workers = [
        threading.Thread(target=work_until, args=(stop, indexing_options(), filler().work_once)) for _ in range(3)
    ]

    for worker in workers:
        worker.start()
    for _ in range(400):
        if status(index).complete:
            break
        stop.wait(0.05)
    stop.set()
    for worker in workers:
        worker.join()

    assert embedded(index) == all_chunks()
    assert set(texts_sent(provider).values()) == {1}


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("503", "The provider has a problem of its own (status 503)."),
        ("401", "The provider refused the key (status 401)."),
        ("wrong_dimension", "1536 dimensions"),
    ],
)
def test_a_provider_that_fails_is_told_and_asked_again_later(
    provider: FakeProvider, library: Collection, mode: str, told: str
):
    index = begin_small()
    provider.mode = mode

    worker = filler()
    worker.work_once()
    asked = len(provider.requests)
    rested = worker.work_once()

    assert (rested, len(provider.requests)) == (False, asked)
    assert told in status(index).error
    assert status(index).postponed_until is not None
    assert embedded(index) == set()

    provider.mode = "ok"
    EmbeddingIndex.objects.filter(pk=index.pk).update(postponed_until=Now() - timedelta(seconds=1))
    fill(index, worker)

    assert (status(index).error, status(index).postponed_until) == ("", None)
    assert EmbeddingIndex.objects.get(pk=index.pk).failures == 0


def test_a_document_that_the_provider_refuses_is_named_and_holds_up_no_other(
    provider: FakeProvider, library: Collection
):
    index = begin_small()
    refused = Document.objects.order_by("pk")[0]
    provider.mode = ["400", "ok"]
    worker = filler()

    worker.work_once()
    assert status(index).error.startswith(f"Document {refused.pk}: The provider refused the request (status 400)")
    EmbeddingIndex.objects.filter(pk=index.pk).update(postponed_until=None)
    worker.work_once()

    assert status(index).embedded == 1
    assert not Embedding.objects.filter(index=index, chunk__document=refused).exists()


def test_a_worker_that_ends_lets_go_of_its_document(provider: FakeProvider, long_library: Collection):
    index = begin(SMALL, 256)
    ending = filler()
    ending.work_once()

    ending.let_go()
    fill(index)

    assert set(texts_sent(provider).values()) == {1}


def test_a_database_that_takes_no_more_is_not_asked_at_once_again(
    provider: FakeProvider, library: Collection, settings: LazySettings
):
    begin_small()
    worker = filler()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE documents_embedding ADD CONSTRAINT full_disk CHECK (index_id < 0) NOT VALID")
    try:
        with pytest.raises(IntegrityError):
            worker.work_once()
        asked = len(provider.requests)
        again = [worker.work_once() for _ in range(3)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE documents_embedding DROP CONSTRAINT full_disk")

    assert (again, len(provider.requests)) == ([False] * 3, asked)


def test_each_failure_in_a_row_waits_longer(provider: FakeProvider, library: Collection):
    index = begin_small()
    provider.mode = "401"
    waits = []

    for _ in range(3):
        EmbeddingIndex.objects.filter(pk=index.pk).update(postponed_until=None)
        filler().work_once()
        row = EmbeddingIndex.objects.filter(pk=index.pk).values_list("postponed_until", flat=True)
        before = EmbeddingIndex.objects.filter(pk=index.pk).values_list(Now(), flat=True)
        waits.append(round((row[0] - before[0]).total_seconds()))

    assert waits == [15, 30, 60]


def test_the_days_budget_is_kept(provider: FakeProvider, library: Collection):
    index = begin_small()

    def refused(model, texts):
        raise NotToday("Today's budget for indexing is used up.")

    filler(replace(indexing_options(), paying=refused)).work_once()

    assert (status(index).error, provider.requests) == ("Today's budget for indexing is used up.", [])


def test_what_is_deleted_meanwhile_vanishes(provider: FakeProvider, library: Collection):
    index = begin_small()
    options = replace(indexing_options(), paying=deleting(Document.objects.get(name="whales.txt")))

    fill(index, filler(options))

    assert embedded(index) == all_chunks()
    assert Chunk.objects.count() == len(FACTS) - 1
    assert Filling.objects.count() == 0


def deleting(document: Document):
    """Pays for nothing, but deletes a document after its chunks were read and before they are stored."""

    def paying(model, texts):
        if FACTS["whales"] in texts:
            delete_document(document)
        return nullcontext()

    return paying


def test_an_index_that_is_given_up_while_a_batch_is_embedded_gets_nothing_more(
    provider: FakeProvider, library: Collection
):
    index = begin_small()

    def paying(model, texts):
        give_up(index.pk)
        return nullcontext()

    worker = filler(replace(indexing_options(), paying=paying))
    while worker.work_once():
        pass

    assert not EmbeddingIndex.objects.filter(pk=index.pk).exists()
    assert (Embedding.objects.count(), Filling.objects.count()) == (len(FACTS), 0)


def test_new_documents_and_those_indexed_again_are_embedded_for_both(provider: FakeProvider, library: Collection):
    index = begin_small()
    fill(index)

    index_page(library, "new.txt", "Zebras have stripes.")
    index_again(Document.objects.get(name="cats.txt"))
    work_once(indexing_options())

    assert Document.objects.filter(status=Status.READY).count() == len(FACTS) + 1
    assert embedded(index) == embedded(EmbeddingIndex.objects.get(state="active")) == all_chunks()


def test_a_document_does_not_wait_for_the_index_that_is_being_filled(provider: FakeProvider, library: Collection):
    index = begin_small()
    provider.mode = "503"

    document = index_page(library, "new.txt", "Zebras have stripes.")

    assert document.status == Status.READY
    assert (status(index).embedded, status(index).error) == (0, "The provider has a problem of its own (status 503).")


def test_a_configured_model_that_differs_changes_nothing_by_itself(
    provider: FakeProvider, library: Collection, settings: LazySettings
):
    settings.QABOT_EMBEDDING_MODEL = SMALL

    index_page(library, "new.txt", "Zebras have stripes.")

    assert [(index.model, index.state) for index in EmbeddingIndex.objects.all()] == [("all-MiniLM-L6-v2", "active")]
    assert provider.requests == []


def test_an_index_without_embeddings_gives_way_to_the_configured_model(
    provider: FakeProvider, library: Collection, settings: LazySettings
):
    Document.objects.all().delete()
    settings.QABOT_EMBEDDING_MODEL = SMALL

    index_page(library, "new.txt", "Zebras have stripes.")
    worker = filler()
    while worker.work_once():
        pass

    assert [(index.model, index.state) for index in EmbeddingIndex.objects.all()] == [(SMALL, "active")]


def test_shorter_vectors_of_the_same_model_are_an_index_of_their_own(provider: FakeProvider, library: Collection):
    fill(begin_small())

    activate(EmbeddingIndex.objects.get(model=SMALL).pk)
    short = begin(SMALL, 256)
    fill(short)

    assert {len(row.vector) for row in Embedding.objects.filter(index=short)} == {256}
    assert IndexingOptions(indexing_options().limits, SMALL, 256).configures(short)
