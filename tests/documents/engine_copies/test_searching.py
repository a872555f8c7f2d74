"""What an engine finds is shown as Postgres says: nothing that is gone, moved or in quarantine, and enough else."""

import numpy as np
import pytest

from documents.embedding.choice import embedder_for
from documents.managing import delete_document, quarantine
from documents.models import Chunk, Collection, Document
from documents.moving import move_document
from documents.scope import Scope
from documents.vector_index.base import Point, VectorIndexUnavailable
from documents.vector_index.choice import active_vector_index
from documents.vector_index.copied import MARGIN, CopiedIndex
from documents.vector_index.pgvector import PgVectorIndex
from tests.documents.embedding_indexes.steps import index_page
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep, search
from tests.fakes.engine import FakeEngineServer
from tests.library import make_collection

CATS = "How long does a cat sleep?"


def chunk(name: str) -> int:
    return Chunk.objects.get(document__name=f"{name}.txt").pk


def question() -> np.ndarray:
    return embedder_for("all-MiniLM-L6-v2").embed_question(CATS)


def put_strangers(engine: FakeEngineServer, collection: Collection, count: int) -> None:
    """Vectors of chunks that Postgres knows nothing of, nearest to the question of all."""
    vector = question()
    engine.engine(copy_of().name, 384).upsert([Point(10**12 + n, collection.pk, vector) for n in range(count)])


def test_what_was_deleted_is_not_shown_though_the_engine_still_holds_it(copied: Collection, engine: FakeEngineServer):
    doomed = chunk("cats")
    delete_document(Document.objects.get(name="cats.txt"))

    assert doomed in in_engine(engine)
    assert doomed not in search(CATS, [copied])
    assert set(search(CATS, [copied])) == set(in_postgres())


def test_what_was_moved_is_shown_in_no_collection_it_left(copied: Collection, engine: FakeEngineServer):
    other = make_collection("other")
    move_document(Document.objects.get(name="cats.txt"), other)

    before = search(CATS, [copied])
    keep(engine)

    assert chunk("cats") not in before
    assert search(CATS, [other]) == [chunk("cats")]


def test_what_is_in_quarantine_is_not_shown(copied: Collection):
    quarantine(Document.objects.get(name="cats.txt"), "Out of date.")

    assert chunk("cats") not in search(CATS, [copied])


def test_what_another_installation_put_there_is_not_shown(copied: Collection, engine: FakeEngineServer):
    put_strangers(engine, copied, 1)

    assert search(CATS, [copied])[0] == chunk("cats")


def test_similarities_are_those_of_postgres(copied: Collection, engine: FakeEngineServer):
    """The engine's own may be rounded, or of a vector that was replaced since."""
    copy = active_vector_index()
    assert isinstance(copy, CopiedIndex)
    scope = Scope((copied.pk,), None, 4)
    exact = PgVectorIndex(copy.index)

    assert copy.search(question(), 4, scope) == exact.search(question(), 4, scope)
    assert copy.similarities(question(), list(in_postgres())) == exact.similarities(question(), list(in_postgres()))


def test_more_is_asked_for_where_too_much_is_stale(copied: Collection, engine: FakeEngineServer):
    put_strangers(engine, copied, 2 * MARGIN)
    engine.calls.clear()

    found = search(CATS, [copied], k=4)

    assert (set(found), engine.calls.count("search")) == (set(in_postgres()), 2)


def test_an_engine_is_not_asked_for_ever(copied: Collection, engine: FakeEngineServer):
    Document.objects.all().delete()
    put_strangers(engine, copied, 1_000)
    engine.calls.clear()

    assert (search(CATS, [copied]), engine.calls) == ([], ["search"] * 3)


def test_a_scope_of_a_few_documents_is_compared_in_postgres(copied: Collection, engine: FakeEngineServer):
    index = active_vector_index()
    assert index is not None
    document = Document.objects.get(name="honey.txt")
    engine.calls.clear()

    found = index.search(question(), 5, Scope((copied.pk,), (document.pk,), 1))

    assert ([near.chunk_id for near in found], engine.calls) == ([chunk("honey")], [])


def test_no_collection_is_no_question(copied: Collection, engine: FakeEngineServer):
    engine.calls.clear()

    assert (search(CATS, []), engine.calls) == ([], [])


def test_an_engine_that_keeps_failing_is_left_alone(copied: Collection, engine: FakeEngineServer):
    engine.down = True
    engine.calls.clear()
    for _ in range(5):
        with pytest.raises(VectorIndexUnavailable):
            search(CATS, [copied])

    assert engine.calls == ["search"] * 3
    engine.down = False
    index_page(copied, "zebras.txt", "Zebras have stripes.")
    assert Document.objects.get(name="zebras.txt").status == "ready"  # writes have a breaker of their own
    with pytest.raises(VectorIndexUnavailable, match="left alone"):
        search(CATS, [copied])


def test_one_query_tells_where_to_search(copied: Collection, django_assert_num_queries, settings):
    with django_assert_num_queries(1):
        active_vector_index()
    settings.QABOT_VECTOR_INDEX = None
    with django_assert_num_queries(1):
        active_vector_index()
