"""Copies are begun, filled, delivered to, compared and let go by whoever's turn it is; Postgres stays the truth."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from documents.embedding_indexes.removing import remove_some
from documents.embedding_indexes.switching import IndexRefused, activate, give_up
from documents.engine_copies.delivering import deliver_some
from documents.engine_copies.keeping import CopyKeeper
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.engine_copies.switching import activate_copy, begin_copy
from documents.managing import delete_document
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex
from documents.vector_index.choice import active_vector_index
from documents.vector_index.copied import CopiedIndex
from documents.vector_index.pgvector import PgVectorIndex
from tests.documents.embedding_indexes.steps import begin_small, fill, index_page
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep, outbox, search
from tests.fakes.engine import FakeEngineServer
from tests.fakes.provider import FakeProvider


def test_a_copy_is_filled_and_answers_once_it_is_complete(library: Collection, engine: FakeEngineServer):
    keeper = CopyKeeper(engine.place)
    keeper.work_once()
    before = active_vector_index()

    keep(engine, keeper)

    after = active_vector_index()
    assert (type(before), type(after)) == (PgVectorIndex, CopiedIndex)
    assert in_engine(engine) == in_postgres() != {}
    assert outbox() == set()
    assert search("How tall is the Eiffel Tower?", [library])[0] == Chunk.objects.get(document__name="tower.txt").pk
    assert "search" in engine.calls


def test_nothing_is_embedded_for_an_engine(library: Collection, engine: FakeEngineServer, provider: FakeProvider):
    keep(engine)

    assert provider.requests == []


def test_what_is_written_while_a_copy_is_filled_reaches_it(
    library: Collection, engine: FakeEngineServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("documents.engine_copies.keeping.QUEUED_AT_ONCE", 1)
    keeper = CopyKeeper(engine.place)
    for _ in range(4):
        keeper.work_once()
    half = EngineCopy.objects.get()
    index_page(library, "zebras.txt", "Zebras have stripes.")
    delete_document(Document.objects.get(name="cats.txt"))

    keep(engine, keeper)

    assert 0 < half.filled_to < max(in_postgres())
    assert in_engine(engine) == in_postgres()


def test_whoever_goes_on_after_a_worker_that_died_waits_for_its_lease_and_misses_nothing(
    library: Collection, engine: FakeEngineServer
):
    killed, second = CopyKeeper(engine.place), CopyKeeper(engine.place)
    for _ in range(3):
        killed.work_once()

    held_off = second.work_once()
    EngineCopy.objects.update(lease_until=Now() - timedelta(seconds=1))
    keep(engine, second)

    assert held_off is False
    assert in_engine(engine) == in_postgres()


def test_deliveries_may_be_repeated_and_come_in_any_order(copied: Collection, engine: FakeEngineServer):
    copy, chunks = copy_of(), sorted(in_postgres())
    delete_document(Document.objects.get(name="honey.txt"))
    for order in (chunks, chunks[::-1], chunks * 3, [10**9, *chunks]):
        VectorChange.objects.queue(copy, order)
        keep(engine)

    assert in_engine(engine) == in_postgres()


def test_a_worker_that_was_too_slow_has_its_chunks_looked_at_again(copied: Collection, engine: FakeEngineServer):
    copy, slow, second = copy_of(), CopyKeeper(engine.place), CopyKeeper(engine.place)
    chunks = set(in_postgres())
    VectorChange.objects.queue(copy, chunks)
    EngineCopy.objects.hold(copy, second._token)

    deliver_some(copy, engine.engine(copy.name, 384), slow._token)

    assert VectorChange.objects.count() == 2 * len(chunks)
    keep(engine, second)
    assert outbox() == set()


def test_an_engine_that_fails_is_told_later_and_says_why(copied: Collection, engine: FakeEngineServer):
    engine.down = True
    delete_document(Document.objects.get(name="cats.txt"))
    waiting, keeper = outbox(), CopyKeeper(engine.place)

    keeper.work_once()
    calls = len(engine.calls)
    again = keeper.work_once()

    failed = copy_of()
    assert (failed.error, failed.failures, again, len(engine.calls)) == (
        "The fake engine does not answer.",
        1,
        False,
        calls,
    )
    assert outbox() == waiting != set()

    engine.down = False
    keep(engine, keeper)

    assert in_engine(engine) == in_postgres()
    assert (copy_of().error, copy_of().failures) == ("", 0)


def test_an_engine_that_is_told_nothing_is_seen_to_be_down(copied: Collection, engine: FakeEngineServer):
    engine.down = True

    CopyKeeper(engine.place).work_once()

    assert copy_of().error == "The fake engine does not answer."


def test_an_engine_that_lost_vectors_is_filled_again_while_postgres_answers(
    copied: Collection, engine: FakeEngineServer
):
    lost = sorted(in_postgres())[0]
    engine.forget(lost)
    keeper = CopyKeeper(engine.place)

    keeper.work_once()
    meanwhile = active_vector_index()
    keep(engine, keeper)

    assert (type(meanwhile), type(active_vector_index())) == (PgVectorIndex, CopiedIndex)
    assert in_engine(engine) == in_postgres()


def test_an_engine_that_lost_everything_is_filled_again(copied: Collection, engine: FakeEngineServer):
    engine.engine(copy_of().name, 384).drop()

    keep(engine)

    assert in_engine(engine) == in_postgres()


def test_a_copy_whose_engine_acknowledges_and_keeps_nothing_never_answers(
    library: Collection, engine: FakeEngineServer
):
    engine.loses_writes = True
    keeper = CopyKeeper(engine.place)
    for _ in range(10):
        keeper.work_once()
        EngineCopy.objects.update(postponed_until=None)

    assert EngineCopy.objects.get().state == "filling"
    assert isinstance(active_vector_index(), PgVectorIndex)


def test_a_copy_is_not_activated_while_something_waits_to_be_told_it(copied: Collection, engine: FakeEngineServer):
    fresh = begin_copy(EmbeddingIndex.objects.get(), engine.place.location)
    assert fresh is not None
    VectorChange.objects.queue(fresh, [1])

    assert activate_copy(fresh) is False
    assert copy_of().pk != fresh.pk


def test_a_fresh_copy_takes_the_place_of_the_old_one_which_goes(copied: Collection, engine: FakeEngineServer):
    old = copy_of()
    begin_copy(EmbeddingIndex.objects.get(), engine.place.location)
    keeper = CopyKeeper(engine.place)

    while keeper.work_once():
        pass
    for_questions_under_way = engine.names()
    keep(engine, keeper)

    assert copy_of().pk != old.pk
    assert for_questions_under_way == {old.name, copy_of().name}
    assert engine.names() == {copy_of().name}
    assert in_engine(engine) == in_postgres()


def test_one_copy_of_a_state_stands_for_an_index(copied: Collection, engine: FakeEngineServer):
    index = EmbeddingIndex.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        EngineCopy.objects.create(
            index=index, location=engine.place.location, name="other", database="d", state="active"
        )

    assert begin_copy(index, engine.place.location) is not None
    assert begin_copy(index, engine.place.location) is None


def test_where_another_engine_is_configured_its_copies_take_over(copied: Collection, settings):
    other = FakeEngineServer()
    settings.QABOT_VECTOR_INDEX = other.place

    before = active_vector_index()
    keep(other)

    assert isinstance(before, PgVectorIndex)
    assert in_engine(other) == in_postgres()
    assert EngineCopy.objects.count() == 1


def test_where_none_is_configured_any_more_postgres_answers_and_copies_are_forgotten(copied: Collection, settings):
    settings.QABOT_VECTOR_INDEX = None
    at_once = active_vector_index()
    delete_document(Document.objects.get(name="cats.txt"))
    keeper = CopyKeeper(None)

    while keeper.work_once():
        pass

    assert isinstance(at_once, PgVectorIndex)
    assert (EngineCopy.objects.count(), VectorChange.objects.count()) == (0, 0)


def test_a_second_embedding_index_is_copied_too_and_activated_only_then(
    copied: Collection, engine: FakeEngineServer, provider: FakeProvider
):
    hosted = begin_small()
    fill(hosted)

    with pytest.raises(IndexRefused, match="copying the vectors to fake"):
        activate(hosted.pk)
    keep(engine)
    activate(hosted.pk)

    assert in_engine(engine, hosted) == in_postgres(hosted) != {}
    index = active_vector_index()
    assert isinstance(index, CopiedIndex) and index.index == hosted


def test_an_index_that_is_retired_goes_after_its_copy(
    copied: Collection, engine: FakeEngineServer, provider: FakeProvider
):
    local = EmbeddingIndex.objects.get()
    hosted = begin_small()
    fill(hosted)
    keep(engine)
    activate(hosted.pk)
    give_up(local.pk)

    while remove_some(local):
        pass
    kept_for_the_copy = EmbeddingIndex.objects.filter(pk=local.pk).exists()
    keep(engine)
    while remove_some(local):
        pass

    assert kept_for_the_copy
    assert engine.names() == {copy_of(hosted).name}
    assert not EmbeddingIndex.objects.filter(pk=local.pk).exists()
    assert not Embedding.objects.filter(index=local.pk).exists()


def test_filling_waits_for_whoever_wrote_before_the_copy_stood(library: Collection, engine: FakeEngineServer):
    """Their transaction's triggers did not see it, and what they wrote is not there yet to be found."""
    index = EmbeddingIndex.objects.get()
    chunk = Chunk.objects.get(document__name="cats.txt")
    vector = Embedding.objects.get(chunk=chunk).vector
    Embedding.objects.filter(chunk=chunk).delete()
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Embedding.objects.create(chunk=chunk, index=index, collection=library, vector=vector)
            written.set()
            go_on.wait(30)
        connection.close()

    writing = threading.Thread(target=write)
    writing.start()
    written.wait(30)
    keeper = keep(engine)
    meanwhile = EngineCopy.objects.get().state
    go_on.set()
    writing.join()
    keep(engine, keeper)

    assert meanwhile == "filling"
    assert in_engine(engine) == in_postgres()
    assert chunk.pk in in_engine(engine)


def test_a_copy_that_two_workers_begin_is_one(library: Collection, engine: FakeEngineServer):
    index = EmbeddingIndex.objects.get()

    begun = [begin_copy(index, engine.place.location) for _ in range(2)]

    assert [copy is None for copy in begun] == [False, True]
