"""A document is ready once the engine has acknowledged its vectors, whoever dies or fails in between."""

import pytest

from documents.embedding.choice import embedder_for
from documents.engine_copies.handing_over import CopySwitched, hand_over
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.indexing import LeaseLost, active_index, embed_chunks, publish
from documents.managing import delete_document
from documents.models import Chunk, Collection, Document, StagedChunk, Status
from documents.options import indexing_options
from documents.worker import ENGINE_AWAY, release, work_on
from tests.documents.embedding_indexes.steps import LOCAL, LONG, claimed_page
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep, outbox
from tests.fakes.engine import FakeEngineServer
from tests.library import upload_text

ZEBRAS = LONG.replace("cat", "zebra")[:6_000]  # several chunks


@pytest.fixture
def zebras(copied: Collection) -> Document:
    """A document that is embedded, and neither handed over nor published."""
    upload_text(copied, "zebras.txt", ZEBRAS)
    document = claimed_page(ZEBRAS)
    embed_chunks(document, active_index(indexing_options()), embedder_for(LOCAL))
    return document


def reserved() -> set[int]:
    return {chunk_id for chunk_id in StagedChunk.objects.values_list("reserved_id", flat=True) if chunk_id is not None}


def claimed_again(document: Document) -> Document:
    release(document)
    again = Document.objects.claim_next()
    assert again is not None
    return again


def test_what_is_ready_is_in_the_engine_and_nothing_of_it_waits(zebras: Document, engine: FakeEngineServer):
    work_on(zebras, indexing_options())

    zebras.refresh_from_db()
    assert zebras.status == Status.READY
    assert in_engine(engine) == in_postgres()
    assert outbox() == set()


def test_before_it_is_published_the_engine_has_it_and_a_worker_leaves_it_alone(
    zebras: Document, engine: FakeEngineServer
):
    copy = hand_over(zebras, engine.place)

    keep(engine)
    assert reserved() == outbox() != set()
    assert reserved() < in_engine(engine).keys()
    assert not Chunk.objects.filter(document=zebras).exists()

    publish(zebras, engine.place, copy)
    assert in_engine(engine) == in_postgres()
    assert outbox() == set()


def test_chunks_keep_their_order_and_get_the_ids_that_were_reserved(zebras: Document, engine: FakeEngineServer):
    copy = hand_over(zebras, engine.place)
    expected = list(StagedChunk.objects.order_by("ordinal").values_list("reserved_id", flat=True))

    publish(zebras, engine.place, copy)

    published = list(Chunk.objects.filter(document=zebras).order_by("ordinal").values_list("pk", flat=True))
    assert published == expected == sorted(published)


def test_while_the_engine_is_down_a_document_waits_with_a_reason_and_loses_nothing(
    zebras: Document, engine: FakeEngineServer
):
    engine.down = True
    work_on(zebras, indexing_options())
    zebras.refresh_from_db()
    waiting = (zebras.status, zebras.error, zebras.attempts, StagedChunk.objects.count())
    held = reserved()

    engine.down = False
    Document.objects.update(lease_until=None)
    again = Document.objects.claim_next()
    assert again is not None
    work_on(again, indexing_options())

    assert waiting == (Status.PENDING, ENGINE_AWAY, 0, zebras.chunks_total)
    assert set(Chunk.objects.filter(document=zebras).values_list("pk", flat=True)) == held
    assert in_engine(engine) == in_postgres()
    assert outbox() == set()


def test_trying_again_and_again_queues_nothing_twice(zebras: Document, engine: FakeEngineServer):
    engine.down = True
    for _ in range(3):
        work_on(zebras, indexing_options())
        Document.objects.update(lease_until=None)
        zebras = Document.objects.claim_next() or zebras

    assert VectorChange.objects.count() == StagedChunk.objects.count()


def test_a_worker_that_dies_after_handing_over_leaves_it_to_the_next_one(zebras: Document, engine: FakeEngineServer):
    hand_over(zebras, engine.place)
    ids = reserved()

    work_on(claimed_again(zebras), indexing_options())

    assert set(Chunk.objects.filter(document=zebras).values_list("pk", flat=True)) == ids
    assert in_engine(engine) == in_postgres()


def test_of_a_document_that_is_deleted_in_between_nothing_stays_in_the_engine(
    zebras: Document, engine: FakeEngineServer
):
    copy = hand_over(zebras, engine.place)
    delete_document(zebras)

    with pytest.raises(LeaseLost):
        publish(zebras, engine.place, copy)
    keep(engine)

    assert in_engine(engine) == in_postgres()
    assert outbox() == set()


def test_what_reaches_the_engine_after_the_document_was_deleted_is_looked_at_again(
    zebras: Document, engine: FakeEngineServer, monkeypatch: pytest.MonkeyPatch
):
    """The engine takes its time, and meanwhile the document is deleted and the engine told so."""
    upsert = type(engine.engine("", 1)).upsert

    def slowly(own, points):
        delete_document(zebras)
        keep(engine)
        upsert(own, points)

    monkeypatch.setattr(type(engine.engine("", 1)), "upsert", slowly)
    assert hand_over(zebras, engine.place) is None
    monkeypatch.undo()
    left_behind = len(in_engine(engine)) - len(in_postgres())
    keep(engine)

    assert left_behind > 0
    assert in_engine(engine) == in_postgres()


def test_a_copy_that_is_being_filled_is_not_waited_for(zebras: Document, engine: FakeEngineServer):
    EngineCopy.objects.update(state="filling")
    engine.down = True

    work_on(zebras, indexing_options())

    zebras.refresh_from_db()
    assert zebras.status == Status.READY
    assert outbox() == set(Chunk.objects.filter(document=zebras).values_list("pk", flat=True))


def test_a_copy_that_answers_since_is_handed_the_document_before_it_is_published(
    zebras: Document, engine: FakeEngineServer
):
    with pytest.raises(CopySwitched):
        publish(zebras, engine.place, None)

    work_on(zebras, indexing_options())

    assert in_engine(engine) == in_postgres()
    assert copy_of().state == "active"
