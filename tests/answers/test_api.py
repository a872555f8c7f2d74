"""The REST door to questions: ask, stream, search, follow up, and nobody else's conversations."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers

from answers.models import Answer, Conversation, Feedback
from answers.serializers import AnswerSerializer, InspectedPassageSerializer, PassageSerializer
from documents.managing import delete_document
from documents.models import Collection, Document, Page
from tests.callers import key_client
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."
TOWER = "The Eiffel Tower is a wrought-iron tower in Paris. The Eiffel Tower is 330 metres tall."
HOW_LONG = "How many hours does a cat sleep?"


@pytest.fixture
def cats(db: None) -> Document:
    return index_text(Collection.objects.get(), "cats.txt", CATS)


def ask(client: Client, question: str = HOW_LONG, **more: Any) -> Any:
    return client.post("/api/ask", {"question": question, **more}, content_type="application/json")


def code_of(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.content)["code"]


def events_of(response: Any) -> list[tuple[str, dict[str, Any]]]:
    frames = b"".join(response).decode().split("\n\n")
    named = [frame.split("\n") for frame in frames if frame.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in named]


def check_shape(value: dict[str, Any], serializer: serializers.Serializer) -> None:
    """The JSON has exactly the fields that the OpenAPI document promises, all the way down."""
    assert value.keys() == serializer.fields.keys()
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.ListSerializer):
            for inner in value[name]:
                check_shape(inner, field.child)  # type: ignore[arg-type]
        elif isinstance(field, serializers.Serializer) and value[name] is not None:
            check_shape(value[name], field)


# Asking


def test_an_answer_cites_the_exact_words_it_rests_on(cats: Document):
    response = ask(key_client(make_user(), "ask"))

    answer = response.json()
    [citation] = answer["citations"]
    page = Page.objects.get(document=cats, number=citation["page"]).text
    assert (response.status_code, answer["mode"], answer["status"], answer["supported"]) == (
        200,
        "extracted",
        "done",
        True,
    )
    assert page[citation["start"] : citation["end"]] == citation["quote"]
    assert "twelve to sixteen hours" in citation["quote"]
    assert citation["document"] == {"id": cats.pk, "name": "cats.txt", "quarantined": False}
    place = f"?start={citation['start']}&end={citation['end']}#quote"
    assert citation["url"] == f"/documents/{cats.pk}/pages/1{place}"
    assert f'href="/answers/{answer["id"]}/citations/1"' in answer["html"]
    check_shape(answer, AnswerSerializer())


def test_what_the_documents_do_not_hold_is_refused(cats: Document):
    answer = ask(key_client(make_user()), "Who won the chess championship of 1972?").json()

    assert (answer["mode"], answer["citations"]) == ("refused", [])


def test_a_question_is_narrowed_to_a_collection_or_to_documents(cats: Document):
    client = key_client(make_user())
    shelf = make_collection(readers="signed_in")
    tower = index_text(shelf, "tower.txt", TOWER)

    modes = {
        "collection": ask(client, collection=shelf.slug).json()["mode"],
        "documents": ask(client, documents=[tower.pk]).json()["mode"],
        "both": ask(client, documents=[cats.pk], collection="documents").json()["mode"],
        "nothing": ask(client, documents=[], collection=None).json()["mode"],
    }

    assert modes == {"collection": "refused", "documents": "refused", "both": "extracted", "nothing": "extracted"}


def test_a_follow_up_stands_in_its_conversation(cats: Document):
    client = key_client(make_user())
    first = ask(client).json()

    second = ask(client, "And when do they purr?", conversation=first["conversation"]).json()

    shown = client.get(f"/api/conversations/{first['conversation']}").json()
    assert second["searched_for"] != second["question"]
    assert (shown["title"], [answer["id"] for answer in shown["answers"]]) == (HOW_LONG, [first["id"], second["id"]])
    assert shown["answers"] == [first, second]
    listed = client.get("/api/conversations").json()["results"]
    assert [(entry["id"], entry["title"]) for entry in listed] == [(first["conversation"], HOW_LONG)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": "  "}, "question"),
        ({"question": "x" * 2001}, "question"),
        ({"question": "cats\0"}, "question"),
        ({"question": "cats \ud800"}, "question"),
        ({"question": ["cats"]}, "question"),
        ({"question": "cats", "documents": [2**63]}, "documents.0"),
        ({"question": "cats", "documents": "all"}, "documents"),
        ({"question": "cats", "conversation": "mine"}, "conversation"),
        ([], "non_field_errors"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_by_its_field(body: Any, field: str):
    client = key_client(make_user())

    for path in ("/api/ask",) if field == "conversation" else ("/api/ask", "/api/search"):
        response = client.post(path, json.dumps(body), content_type="application/json")
        assert (code_of(response), list(response.json()["errors"])) == ((400, "invalid"), [field])
    assert Conversation.objects.count() == 0


def test_fields_nobody_knows_are_ignored(cats: Document):
    assert ask(key_client(make_user()), temperature=2, collection="").status_code == 200


def test_what_may_not_be_read_is_as_good_as_missing(cats: Document):
    alice, charlie = make_user(), make_user("charlie")
    shelf = make_collection(readers="members")
    shelf.members.add(alice)
    secret = index_text(shelf, "tower.txt", TOWER)
    theirs = ask(key_client(alice)).json()
    client = key_client(charlie)

    named: list[dict[str, Any]] = [
        {"collection": shelf.slug},
        {"collection": "no-such"},
        {"documents": [secret.pk]},
        {"documents": [2**62]},
        {"conversation": theirs["conversation"]},
        {"conversation": 2**62},
    ]

    assert [code_of(ask(client, **more)) for more in named] == [(404, "not_found")] * 6
    assert ask(client, "How tall is the Eiffel Tower?").json()["mode"] == "refused"
    details = [json.loads(ask(client, **more).content)["detail"] for more in named]
    assert details[::2] == details[1::2]


def test_rights_of_a_key(cats: Document):
    alice = make_user()
    reader, asker = key_client(alice, "read", "write"), key_client(alice, "ask")

    assert code_of(ask(reader)) == (403, "permission_denied")
    assert code_of(reader.get("/api/conversations")) == (403, "permission_denied")
    assert code_of(asker.get(f"/api/documents/{cats.pk}")) == (403, "permission_denied")


def test_an_anonymous_visitor_asks_public_collections_and_keeps_a_conversation(cats: Document, client: Client):
    index_text(make_collection(readers="public"), "tower.txt", TOWER)

    tall = ask(client, "How tall is the Eiffel Tower?").json()
    again = ask(client, "And where is it?", conversation=tall["conversation"])
    elsewhere = ask(Client(), "And where is it?", conversation=tall["conversation"])

    assert (tall["mode"], ask(client, HOW_LONG).json()["mode"]) == ("extracted", "refused")
    assert (again.status_code, code_of(elsewhere)) == (200, (404, "not_found"))
    assert len(client.get("/api/conversations").json()["results"]) == 2
    assert code_of(Client().get(f"/api/answers/{tall['id']}")) == (404, "not_found")


@pytest.mark.django_db(transaction=True)  # rows of the deleting transaction are checked in an order that varies
def test_an_answer_outlives_its_document(cats: Document):
    client = key_client(make_user())
    answer = ask(client).json()
    delete_document(cats)

    kept = client.get(f"/api/answers/{answer['id']}").json()

    [before], [after] = answer["citations"], kept["citations"]
    assert after == before | {"document": {"id": None, "name": "cats.txt", "quarantined": False}, "url": None}


# Streaming


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["accept", "field"])
def test_a_stream_ends_with_the_whole_answer(by: str):
    Collection.objects.get_or_create(slug="documents", defaults={"name": "Documents"})
    index_text(Collection.objects.get(), "cats.txt", CATS)
    client = key_client(make_user())

    response = client.post(
        "/api/ask",
        {"question": HOW_LONG, "stream": by == "field"},
        content_type="application/json",
        headers={"Accept": "text/event-stream"} if by == "accept" else {},
    )
    headers = {name: response[name] for name in ("Content-Type", "Cache-Control", "X-Accel-Buffering")}
    events = events_of(response)

    answer = Answer.objects.get()
    assert headers == {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-cache, no-transform",
        "X-Accel-Buffering": "no",
    }
    assert [name for name, _ in events] == ["search", "passages", "done"]
    assert events[0][1] == {"id": answer.pk, "conversation": answer.conversation_id, "searched_for": HOW_LONG}
    check_shape(events[1][1]["passages"][0], PassageSerializer())
    assert events[2][1] == client.get(f"/api/answers/{answer.pk}").json()


def test_a_question_refused_before_its_stream_is_a_plain_problem(client: Client):
    response = key_client(make_user()).post(
        "/api/ask", {"question": ""}, content_type="application/json", headers={"Accept": "text/event-stream"}
    )

    assert code_of(response) == (400, "invalid")


# Searching


def test_a_search_tells_every_legs_rank_and_score(cats: Document):
    index_text(Collection.objects.get(), "tower.txt", TOWER)

    response = key_client(make_user()).post(
        "/api/search", {"question": HOW_LONG, "limit": 1}, content_type="application/json"
    )

    found = response.json()
    [passage] = found["passages"]
    assert (passage["document"], passage["rank"], passage["text"]) == ({"id": cats.pk, "name": "cats.txt"}, 1, CATS)
    assert (passage["semantic"]["rank"], passage["lexical"]["rank"]) == (1, 1)
    assert passage["url"] == f"/documents/{cats.pk}/pages/1?start=0&end={len(CATS)}#quote"
    assert 0.5 < found["confidence"] <= 1.0
    check_shape(passage, PassageSerializer())
    assert Answer.objects.count() == 0


# Conversations and feedback


def test_a_conversation_is_deleted_with_its_answers_by_its_owner_alone(cats: Document):
    alice, bob = key_client(make_user()), key_client(make_user("bob"))
    conversation = ask(alice).json()["conversation"]

    assert code_of(bob.get(f"/api/conversations/{conversation}")) == (404, "not_found")
    assert code_of(bob.delete(f"/api/conversations/{conversation}")) == (404, "not_found")
    assert alice.delete(f"/api/conversations/{conversation}").status_code == 204
    assert (Conversation.objects.count(), Answer.objects.count()) == (0, 0)


def test_a_later_word_on_an_answer_replaces_the_earlier_one(cats: Document):
    alice, bob = key_client(make_user()), key_client(make_user("bob"))
    path = f"/api/answers/{ask(alice).json()['id']}"

    first = alice.post(f"{path}/feedback", {"helpful": False, "comment": "Too short."}, content_type="application/json")
    second = alice.put(f"{path}/feedback", {"helpful": True}, content_type="application/json")

    assert (first.status_code, first.json()) == (200, {"helpful": False, "comment": "Too short."})
    assert (second.status_code, second.json()) == (200, {"helpful": True, "comment": ""})
    assert (Feedback.objects.count(), alice.get(path).json()["feedback"]) == (1, {"helpful": True, "comment": ""})
    assert code_of(bob.put(f"{path}/feedback", {"helpful": True}, content_type="application/json")) == (
        404,
        "not_found",
    )
    assert code_of(alice.put(f"{path}/feedback", {}, content_type="application/json")) == (400, "invalid")
    assert code_of(bob.delete(f"{path}/feedback")) == (404, "not_found")
    assert [alice.delete(f"{path}/feedback").status_code for _ in range(2)] == [204, 204]
    assert (Feedback.objects.count(), alice.get(path).json()["feedback"]) == (0, None)


# How it was found


def test_every_passage_that_was_considered_is_listed_with_its_place_in_each_leg(cats: Document):
    client = key_client(make_user(), "ask")
    answer = ask(client).json()

    listed = client.get(f"/api/answers/{answer['id']}/passages").json()

    [passage] = listed["results"]
    [row] = Answer.objects.get(pk=answer["id"]).passages.all()
    assert (listed["count"], listed["next"], listed["previous"]) == (1, None, None)
    assert passage == {
        "rank": 1,
        "score": row.fused_score,
        "semantic": {"rank": row.semantic_rank, "score": row.semantic_score},
        "lexical": {"rank": row.lexical_rank, "score": row.lexical_score},
        "fused": {"rank": row.fused_rank, "score": row.fused_score},
        "reranked": {"rank": row.rerank_rank, "score": row.rerank_score},
        "document": {"id": cats.pk, "name": "cats.txt"},
        "page": 1,
        "page_label": row.page_label,
        "heading_path": row.heading_path,
        "text": CATS,
        "start": 0,
        "end": len(CATS),
        "url": f"/documents/{cats.pk}/pages/1?start=0&end={len(CATS)}#quote",
        "number": None,
        "cited": [1],
    }
    check_shape(passage, InspectedPassageSerializer())


def test_passages_of_others_answers_and_of_closed_collections_are_not_listed(cats: Document):
    client, stranger = key_client(make_user(), "ask"), key_client(make_user("bob"), "ask")
    address = f"/api/answers/{ask(client).json()['id']}/passages"

    assert code_of(stranger.get(address)) == (404, "not_found")
    assert code_of(key_client(make_user("carol"), "read").get(address)) == (403, "permission_denied")
    Collection.objects.update(readers="members")
    assert client.get(address).json() == {"count": 0, "next": None, "previous": None, "results": []}
