"""Whatever changes embeddings tells the outbox, by every door and in the same transaction; so it reaches the engine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from documents.embedding_indexes.switching import begin
from documents.managing import delete_document, index_again, quarantine
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex
from documents.moving import Moved, move_document
from documents.options import indexing_options
from documents.transfer.exporting import export_collection
from documents.transfer.importing import import_collection
from documents.worker import work_on
from tests.documents.embedding_indexes.steps import FACTS, SMALL, claimed_page, fill, index_page
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep, outbox
from tests.fakes.engine import FakeEngineServer
from tests.fakes.provider import FakeProvider
from tests.library import make_collection


def document(name: str) -> Document:
    return Document.objects.get(name=f"{name}.txt")


def chunks_of(name: str) -> set[int]:
    return set(Chunk.objects.filter(document__name=f"{name}.txt").values_list("pk", flat=True))


def delete_one(collection: Collection) -> set[int]:
    doomed = chunks_of("cats")
    delete_document(document("cats"))
    return doomed


def delete_all_in_the_database(collection: Collection) -> set[int]:
    doomed = set(in_postgres())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM documents_document")
    return doomed


def delete_the_collection_in_the_database(collection: Collection) -> set[int]:
    doomed = set(in_postgres())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM documents_embedding WHERE collection_id = %s", [collection.pk])
    return doomed


def move_one(collection: Collection) -> set[int]:
    assert move_document(document("cats"), make_collection("other")) == Moved.DONE
    return chunks_of("cats")


def index_one_again(collection: Collection) -> set[int]:
    before = chunks_of("cats")
    index_again(document("cats"))
    work_on(claimed_page(FACTS["cats"]), indexing_options())
    assert document("cats").status == "ready"
    return before  # what is new was handed over before


def embed_one_anew(collection: Collection) -> set[int]:
    Embedding.objects.filter(chunk__document=document("cats")).update(collection=collection)
    return chunks_of("cats")


@pytest.mark.parametrize(
    "door",
    [
        delete_one,
        delete_all_in_the_database,
        delete_the_collection_in_the_database,
        move_one,
        index_one_again,
        embed_one_anew,
    ],
    ids=lambda door: door.__name__,
)
def test_a_change_is_queued_and_delivered(
    copied: Collection, engine: FakeEngineServer, door: Callable[[Collection], set[int]]
):
    changed = door(copied)

    assert outbox() == changed != set()
    keep(engine)
    assert in_engine(engine) == in_postgres()
    assert outbox() == set()


def test_an_import_is_delivered(copied: Collection, engine: FakeEngineServer, tmp_path: Path):
    export_collection(copied, tmp_path / "facts.zip", overwrite=False, on_progress=lambda done, total: None)
    before = set(in_postgres())

    import_collection(tmp_path / "facts.zip", "again", indexing_options(), 10**6, lambda done, total: None)

    assert outbox() == set(in_postgres()) - before != set()
    keep(engine)
    assert in_engine(engine) == in_postgres()


def test_what_an_index_is_filled_with_is_delivered_to_its_copy_alone(
    copied: Collection, engine: FakeEngineServer, provider: FakeProvider
):
    hosted = begin(SMALL, 1536)
    keep(engine)
    fill(hosted)
    queued = outbox()
    local = EmbeddingIndex.objects.active()
    keep(engine)

    assert queued == set(in_postgres(hosted))
    assert in_engine(engine, hosted) == in_postgres(hosted)
    assert in_engine(engine, local) == in_postgres(local)


def test_what_is_rolled_back_is_not_queued(copied: Collection):
    with pytest.raises(InterruptedError), transaction.atomic():
        Document.objects.all().delete()
        raise InterruptedError

    assert outbox() == set()


def test_quarantine_leaves_the_engine_as_it_is(copied: Collection):
    quarantine(document("cats"), "Out of date.")

    assert outbox() == set()


def test_without_a_copy_nothing_is_queued(library: Collection):
    index_page(library, "zebras.txt", "Zebras have stripes.")
    delete_document(document("cats"))

    assert outbox() == set()


def test_a_copy_on_its_way_out_is_told_nothing(copied: Collection):
    copy = copy_of()
    type(copy).objects.update(state="removing")

    delete_document(document("cats"))

    assert outbox() == set()
