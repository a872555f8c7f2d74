"""A document's move to another collection: exact in what is searched and counted, safe beside whoever else works."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client

from answers.models import Citation
from answers.sources import source_of
from documents.checking import check_documents
from documents.embedding.choice import embedder_for
from documents.embedding.texts import embed_texts
from documents.embedding_indexes.storing import store
from documents.indexing import index_document
from documents.lexical_index import search_lexical, weigh_question
from documents.managing import index_again
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex, Readers, Status, TokenFrequency
from documents.moving import Moved, move_document
from documents.options import indexing_options
from documents.scoping import scope_for
from documents.tokens import token_id, tokenize
from tests.documents.embedding_indexes.steps import claimed_page, index_page
from tests.library import make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db(transaction=True)

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."
BEES = "Bees make honey from nectar. A cat never makes honey."
SECONDS = 30


@pytest.fixture
def reports() -> Collection:
    return make_collection("reports")


@pytest.fixture
def vault() -> Collection:
    return make_collection("vault", readers=Readers.MEMBERS, adders="members")


def broken_promises() -> list[str]:
    return [f"{found.promise}: {found.examples}" for found in check_documents() if not found.holds]


def lexical_hits(words: str, collection: Collection) -> list[str]:
    root = make_user(uuid4().hex, is_superuser=True)
    scope = scope_for(root, [collection.slug], None)
    question = weigh_question([token_id(token) for token in tokenize(words)], scope)
    found = [hit.chunk_id for hit in search_lexical(question, 10, scope)]
    return sorted(Chunk.objects.filter(pk__in=found).values_list("document__name", flat=True))


def frequencies(collection: Collection) -> dict[int, int]:
    return dict(TokenFrequency.objects.filter(collection=collection).values_list("token", "chunks"))


def test_a_moved_document_is_found_counted_and_embedded_in_its_new_collection_alone(
    reports: Collection, vault: Collection
):
    cats, _ = index_page(reports, "cats.txt", CATS), index_page(reports, "bees.txt", BEES)
    index_page(vault, "other bees.txt", BEES)
    before = {"chunks": set(cats.chunks.values_list("pk", flat=True)), "counted": frequencies(reports)}

    assert move_document(cats, vault) is Moved.DONE

    assert Document.objects.get(pk=cats.pk).collection == vault
    assert set(cats.chunks.values_list("pk", "collection")) == {(pk, vault.pk) for pk in before["chunks"]}
    assert set(Embedding.objects.filter(chunk__document=cats).values_list("collection", flat=True)) == {vault.pk}
    assert (lexical_hits("purr", reports), lexical_hits("purr", vault)) == ([], ["cats.txt"])
    assert lexical_hits("cat", vault) == ["cats.txt", "other bees.txt"]
    assert frequencies(reports) != before["counted"] and min(frequencies(reports).values()) > 0
    assert broken_promises() == []


def test_there_and_back_again_leaves_everything_as_it_was(reports: Collection, vault: Collection):
    cats = index_page(reports, "cats.txt", CATS)
    before = frequencies(reports)

    for target in (vault, reports):
        assert move_document(Document.objects.get(pk=cats.pk), target) is Moved.DONE

    assert (frequencies(reports), frequencies(vault), broken_promises()) == (before, {}, [])


def test_what_stands_there_already_is_left_where_it_is(reports: Collection, vault: Collection):
    cats, same = index_page(reports, "cats.txt", CATS), index_page(vault, "same cats.txt", CATS)

    assert move_document(cats, vault) is Moved.DUPLICATE
    assert move_document(same, vault) is Moved.GONE

    assert Document.objects.get(pk=cats.pk).collection == reports
    assert broken_promises() == []


def test_a_document_that_is_being_indexed_is_not_moved_and_one_that_waits_is(reports: Collection, vault: Collection):
    waiting, working = upload_text(reports, "waits.txt", CATS), upload_text(reports, "works.txt", BEES)
    held = {"lease_until": Now() + timedelta(minutes=1), "lease_token": uuid4()}
    Document.objects.filter(pk=working.pk).update(status=Status.PROCESSING, **held)

    assert (move_document(waiting, vault), move_document(working, vault)) == (Moved.DONE, Moved.BUSY)

    claimed = claimed_page(CATS)
    index_document(claimed, indexing_options())
    assert (lexical_hits("purr", reports), lexical_hits("purr", vault)) == ([], ["waits.txt"])
    assert broken_promises() == []


def test_one_to_be_indexed_again_is_moved_with_what_is_searched_of_it_meanwhile(reports: Collection, vault: Collection):
    cats = index_page(reports, "cats.txt", CATS)
    index_again(cats)

    assert move_document(cats, vault) is Moved.DONE
    assert lexical_hits("purr", vault) == ["cats.txt"]

    index_document(claimed_page(CATS), indexing_options())
    assert lexical_hits("purr", vault) == ["cats.txt"]
    assert broken_promises() == []


def test_deleted_or_moved_by_somebody_else_is_gone(reports: Collection, vault: Collection):
    cats, bees = index_page(reports, "cats.txt", CATS), index_page(reports, "bees.txt", BEES)
    move_document(Document.objects.get(pk=bees.pk), vault)
    Document.objects.filter(pk=cats.pk).delete()

    assert (move_document(cats, vault), move_document(bees, make_collection("third"))) == (Moved.GONE, Moved.GONE)
    assert Document.objects.get().collection == vault


def test_an_embedding_that_was_made_meanwhile_is_stored_in_the_new_collection(reports: Collection, vault: Collection):
    cats = index_page(reports, "cats.txt", CATS)
    index = EmbeddingIndex.objects.get()
    chunks = list(cats.chunks.all())  # as a worker reads them that fills an index
    embedded = embed_texts([chunk.text for chunk in chunks], "", embedder_for(index.model), keep_tokens=False)
    Embedding.objects.all().delete()

    move_document(cats, vault)
    with transaction.atomic():
        store(index, chunks, embedded)

    assert set(Embedding.objects.values_list("collection", flat=True)) == {vault.pk}
    assert broken_promises() == []


def test_a_move_waits_for_whoever_stores_embeddings_of_it_and_takes_them_along(reports: Collection, vault: Collection):
    cats = index_page(reports, "cats.txt", CATS)
    index = EmbeddingIndex.objects.get()
    chunks = list(cats.chunks.all())
    embedded = embed_texts([chunk.text for chunk in chunks], "", embedder_for(index.model), keep_tokens=False)
    Embedding.objects.all().delete()
    results: list[Moved] = []

    def move() -> None:
        results.append(move_document(Document.objects.get(pk=cats.pk), vault))
        connection.close()

    moving = threading.Thread(target=move)
    with transaction.atomic():
        store(index, chunks, embedded)
        moving.start()
        moving.join(0.5)
        assert results == []
    moving.join(SECONDS)

    assert results == [Moved.DONE]
    assert set(Embedding.objects.values_list("collection", flat=True)) == {vault.pk}
    assert broken_promises() == []


def test_a_citation_opens_its_place_for_who_may_read_the_new_collection_and_keeps_its_quote_for_others(
    reports: Collection, vault: Collection
):
    alice, bob = make_user("alice"), make_user("bob")
    vault.members.add(alice)
    cats = index_page(reports, "cats.txt", CATS)
    for person in (alice, bob):
        client = Client()
        client.force_login(person)
        client.post("/api/ask", {"question": "How long does a cat sleep?"}, content_type="application/json")
    hers, his = Citation.objects.order_by("pk")

    move_document(cats, vault)

    sources = source_of(hers, alice), source_of(his, bob)
    assert [(source.document, source.url is not None) for source in sources] == [(cats, True), (None, False)]
    assert hers.quote == his.quote and hers.quote in CATS


def test_many_who_move_one_document_at_once_move_it_once(reports: Collection, vault: Collection):
    cats = index_page(reports, "cats.txt", CATS)
    results: list[Moved] = []

    def move() -> None:
        results.append(move_document(cats, vault))
        connection.close()

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)

    assert sorted(result.name for result in results) == ["DONE", "GONE", "GONE", "GONE"]
    assert broken_promises() == []
