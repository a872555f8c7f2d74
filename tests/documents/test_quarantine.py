"""A document in quarantine: found by no search from the next one on, opened only by who may change it, undone at once.

Alice may change it, Bob may read it, Sam is staff.
"""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client

from documents.embedding.choice import embedder_for
from documents.lexical_index import search_lexical, weigh_question
from documents.managing import index_again, quarantine, release
from documents.models import Adders, Chunk, Collection, Document, EmbeddingIndex
from documents.options import indexing_options
from documents.scope import Scope
from documents.scoping import scope_for
from documents.tokens import question_tokens, token_id
from documents.vector_index.pgvector import PgVectorIndex
from documents.worker import work_once
from tests.callers import key_client
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db

QUESTION = "Which animal purrs?"
LIST = "/admin/documents/document/"


@pytest.fixture
def shelf() -> Collection:
    return make_collection(adders=Adders.MEMBERS)


@pytest.fixture
def alice(shelf) -> Any:
    alice = make_user("alice")
    shelf.members.add(alice)
    return alice


@pytest.fixture
def cats(shelf) -> Document:
    index_text(shelf, "dogs.txt", "Dogs bark at strangers, and an animal purrs now and then.")
    return index_text(shelf, "cats.txt", "Cats purr when they are content. Which animal purrs? A cat.")


def found(scope: Scope, exact_up_to: int = 10_000) -> tuple[set[str], set[str]]:
    """The names of documents that the words and the meaning of the question find."""
    words = search_lexical(weigh_question([token_id(token) for token in question_tokens(QUESTION)], scope), 10, scope)
    vector = embedder_for("all-MiniLM-L6-v2").embed_question(QUESTION)
    near = PgVectorIndex(EmbeddingIndex.objects.get(), exact_up_to).search(vector, 10, scope)
    chunks = Chunk.objects.select_related("document")
    return (
        {chunk.document.name for chunk in chunks.filter(pk__in=[hit.chunk_id for hit in words])},
        {chunk.document.name for chunk in chunks.filter(pk__in=[hit.chunk_id for hit in near])},
    )


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


# Searching


@pytest.mark.parametrize("exact_up_to", [10_000, 0], ids=["exact", "approximate"])
def test_no_leg_finds_it_and_both_do_once_it_is_released(shelf, alice, cats, exact_up_to):
    scope = scope_for(alice, None, None)
    both = {"cats.txt", "dogs.txt"}
    assert found(scope, exact_up_to) == (both, both)

    assert quarantine(cats, "It holds salaries.")

    # Also through a scope that was made before.
    assert found(scope, exact_up_to) == ({"dogs.txt"}, {"dogs.txt"})
    assert release(cats)
    assert found(scope, exact_up_to) == (both, both)


def test_naming_it_does_not_find_it(alice, cats):
    quarantine(cats, "It holds salaries.")

    scope = scope_for(alice, None, [cats.pk])

    assert (found(scope), scope.chunks) == ((set(), set()), 0)


def test_indexing_it_again_does_not_let_it_out(alice, cats):
    quarantine(cats, "It holds salaries.")

    index_again(cats)
    while work_once(indexing_options()):
        pass

    assert found(scope_for(alice, None, None)) == ({"dogs.txt"}, {"dogs.txt"})
    assert release(cats)
    assert found(scope_for(alice, None, None))[0] == {"cats.txt", "dogs.txt"}


def test_it_does_not_count_as_ready(shelf, alice, cats):
    quarantine(cats, "It holds salaries.")

    [counted] = Collection.objects.with_counts().filter(pk=shelf.pk)
    assert (counted.documents_count, counted.ready_count) == (2, 1)  # type: ignore[attr-defined]
    assert "1 document can be asked about" in signed_in(alice).get("/").content.decode()


def test_the_search_reads_no_table_of_documents_chunk_by_chunk(cats):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM documents_chunk WHERE id NOT IN (SELECT id FROM documents_chunk WHERE document_id "
            "= ANY(ARRAY(SELECT id FROM documents_document WHERE quarantined_at IS NOT NULL)))"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "hashed SubPlan" in plan and "document_quarantined" in plan, plan


# Doing it


def test_it_is_done_once_and_undone_once(cats):
    assert [quarantine(cats, "Salaries."), quarantine(cats, "Something else.")] == [True, False]
    cats.refresh_from_db()
    assert (cats.quarantined, cats.quarantine_reason) == (True, "Salaries.")

    assert [release(cats), release(cats)] == [True, False]
    cats.refresh_from_db()
    assert (cats.quarantined, cats.quarantine_reason) == (False, "")


def test_there_is_no_quarantine_without_a_reason(cats):
    with pytest.raises(IntegrityError), transaction.atomic():
        quarantine(cats, "")


# Looking at it


def test_who_may_not_change_it_sees_that_it_is_there_and_opens_nothing(alice, cats):
    quarantine(cats, "It holds salaries.")
    bob, places = signed_in(make_user("bob")), [f"/documents/{cats.pk}/pages/1", f"/documents/{cats.pk}/original"]

    listed = bob.get("/documents").content.decode()

    assert "In quarantine" in listed and "Not used in answers." in listed and "salaries" not in listed
    assert not any(place in listed for place in places)
    assert [bob.get(place).status_code for place in places] == [404, 404]


def test_who_may_change_it_reads_it_and_why(alice, cats):
    quarantine(cats, "It holds <b>salaries</b>.")
    client, places = signed_in(alice), [f"/documents/{cats.pk}/pages/1", f"/documents/{cats.pk}/original"]

    listed, page = client.get("/documents").content.decode(), client.get(places[0]).content.decode()

    assert "Not used in answers: It holds &lt;b&gt;salaries&lt;/b&gt;." in listed
    assert all(place in listed for place in places)
    assert "The reason: It holds &lt;b&gt;salaries&lt;/b&gt;." in page and "Cats purr" in page
    assert b"".join(client.get(places[1])).startswith(b"Cats purr")


def test_the_api_tells_and_opens_it_only_to_who_may_change_it(alice, cats):
    quarantine(cats, "It holds salaries.")
    hers, his = key_client(alice), key_client(make_user("bob"))
    places = [f"/api/documents/{cats.pk}{rest}" for rest in ("", "/pages/1", "/original")]

    assert [hers.get(place).status_code for place in places] == [200, 200, 200]
    assert [his.get(place).status_code for place in places] == [200, 403, 403]
    assert his.get(places[0]).json()["quarantined"] is True
    assert "quarantine_reason" not in his.get(places[0]).json()
    assert his.get(places[1]).json()["detail"] == (
        "This document is in quarantine. Only those who may change it can open it."
    )


# In the admin


@pytest.fixture
def sam(shelf) -> Client:
    sam = make_user("sam", is_staff=True)
    sam.user_permissions.set(Permission.objects.filter(codename__in=["view_document", "change_document"]))
    shelf.members.add(sam)
    return signed_in(sam)


def act(client: Client, action: str, *documents: Document, **more: str) -> Any:
    chosen = {"action": action, "_selected_action": [document.pk for document in documents]}
    return client.post(LIST, chosen | more, follow=True)


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def logged() -> list[tuple[str, str, str]]:
    entries = LogEntry.objects.order_by("pk")
    return [(entry.user.username, entry.object_repr, entry.get_change_message()) for entry in entries]


def test_staff_put_documents_in_with_a_reason_and_the_log_says_who(sam, cats):
    asked = act(sam, "quarantine_selected", cats)
    assert "Put into quarantine" in asked.content.decode() and "cats.txt" in asked.content.decode()
    assert not Document.objects.quarantined().exists()
    nameless = act(sam, "quarantine_selected", cats, quarantine="Put into quarantine", reason=" ")
    assert "Say why" in nameless.content.decode()

    done = act(sam, "quarantine_selected", cats, quarantine="Put into quarantine", reason="It holds salaries.")

    assert told(done) == ["1 document was put into quarantine."]
    assert [document.name for document in Document.objects.quarantined()] == ["cats.txt"]
    assert "It holds salaries." in sam.get(LIST).content.decode()
    assert "It holds salaries." in sam.get(f"{LIST}{cats.pk}/change/").content.decode()
    assert len(Document.objects.all()) == 2 and b"dogs.txt" not in sam.get(f"{LIST}?quarantined_at__isempty=0").content
    assert told(act(sam, "release_selected", cats)) == ["1 document was released from quarantine."]
    assert told(act(sam, "release_selected", cats)) == ["0 documents were released from quarantine."]
    assert logged() == [
        ("sam", "cats.txt", "Put into quarantine: It holds salaries."),
        ("sam", "cats.txt", "Released from quarantine."),
    ]


def test_staff_leave_alone_what_they_may_not_change(sam, shelf, cats):
    shelf.members.clear()

    response = act(sam, "quarantine_selected", cats, quarantine="Put into quarantine", reason="Because.")

    assert told(response) == ["0 documents were put into quarantine."]
    assert not Document.objects.quarantined().exists() and logged() == []


def test_staff_who_may_only_look_are_offered_neither(shelf, cats):
    eve = make_user("eve", is_staff=True)
    eve.user_permissions.set(Permission.objects.filter(codename="view_document"))
    shelf.members.add(eve)
    client = signed_in(eve)

    assert "quarantine_selected" not in client.get(LIST).content.decode()
    act(client, "quarantine_selected", cats, quarantine="Put into quarantine", reason="Because.")
    assert not Document.objects.quarantined().exists()
