"""Saving an answer as a test: who may, what the form begins with, and what is kept."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from answers.answering import ask
from answers.evaluation.models import GoldenQuestion
from answers.models import Answer, Conversation
from documents.models import Collection, Readers
from documents.scoping import scope_for
from tests.answers.evaluation.golden_samples import HOW_TALL, OFF_TOPIC, QUOTING, make_library
from tests.library import make_collection, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def library() -> Collection:
    return make_library(make_collection())


def make_tester(name: str = "bob", *permissions: str) -> Any:
    """A member of staff who may add golden questions, and what else is named."""
    person = make_user(name, is_staff=True)
    wanted = ["add_goldenquestion", *permissions]
    person.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return person


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def asked(person: Any, question: str = HOW_TALL, talk: Conversation | None = None) -> Answer:
    talk = talk or Conversation.objects.create(owner=person)
    return ask(question, talk, scope_for(person, None, None), QUOTING)


def page_of(answer: Answer) -> str:
    return reverse("save-as-test", args=[answer.pk])


def test_the_form_begins_with_what_the_answer_rests_on(library: Collection):
    bob = make_tester()
    answer = asked(bob)

    response = signed_in(bob).get(page_of(answer))

    begun = response.context["form"].initial
    assert {name: begun[name] for name in ("question", "collection", "answerable", "expected_document")} == {
        "question": HOW_TALL,
        "collection": library,
        "answerable": True,
        "expected_document": "tower.txt",
    }
    assert begun["expected_quote"] == answer.citations.get(number=1).quote
    assert f'href="/conversations/{answer.conversation_id}#answer-{answer.pk}"' in response.content.decode()


def test_a_refusal_begins_as_one_that_should_be_refused(library: Collection):
    bob = make_tester()

    begun = signed_in(bob).get(page_of(asked(bob, OFF_TOPIC))).context["form"].initial

    assert (begun["question"], begun["answerable"], begun["expected_document"]) == (OFF_TOPIC, False, "")


def test_a_follow_up_begins_as_what_was_searched_for(library: Collection):
    bob = make_tester()
    talk = Conversation.objects.create(owner=bob)
    asked(bob, HOW_TALL, talk)
    answer = asked(bob, "When was it built?", talk)

    begun = signed_in(bob).get(page_of(answer)).context["form"].initial

    assert begun["question"] == answer.searched_for != "When was it built?"


def test_what_is_sent_is_kept_with_who_saved_it_and_from_what(library: Collection):
    bob = make_tester()
    answer = asked(bob)
    sent = {
        "question": f" {HOW_TALL}\n",
        "collection": library.pk,
        "answerable": "on",
        "expected_text": "330 metres\r\n",
    }

    response = signed_in(bob).post(page_of(answer), sent)

    assert (response.status_code, response["Location"]) == (
        302,
        f"/conversations/{answer.conversation_id}#answer-{answer.pk}",
    )
    golden = GoldenQuestion.objects.get()
    assert (golden.question, golden.expected_text, golden.expected_quote) == (HOW_TALL, "330 metres", "")
    assert (golden.created_by, golden.source_answer, golden.collection) == (bob, answer, library)


def test_without_the_tick_nothing_but_a_refusal_is_expected(library: Collection):
    bob = make_tester()
    sent = {"question": HOW_TALL, "collection": library.pk, "expected_document": "tower.txt", "expected_quote": "330"}

    signed_in(bob).post(page_of(asked(bob)), sent)

    golden = GoldenQuestion.objects.get()
    assert (golden.answerable, golden.expected_document, golden.expected_quote) == (False, "", "")


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        (
            {"answerable": "on"},
            "answerable",
            "Say what is expected: a document, a quote or words of the answer. Or say that it should be refused.",
        ),
        (
            {"answerable": "on", "expected_document": "nowhere.pdf"},
            "expected_document",
            "Reports has no document of that name.",
        ),
        ({"question": "w" * 2001}, "question", "A question has at most 2,000 characters."),
        ({"question": "a\x00b"}, "question", "Null characters are not allowed."),
        ({"collection": ""}, "collection", "This field is required."),
    ],
)
def test_what_cannot_be_kept_is_told(library: Collection, sent: dict[str, str], field: str, sentence: str):
    bob = make_tester()
    whole = {"question": HOW_TALL, "collection": str(library.pk), **sent}

    response = signed_in(bob).post(page_of(asked(bob)), whole)

    assert dict(response.context["form"].errors) == {field: [sentence]}
    assert not GoldenQuestion.objects.exists()


def test_a_question_is_a_test_of_a_collection_once(library: Collection):
    bob = make_tester()
    client, address = signed_in(bob), page_of(asked(bob))
    sent = {"question": HOW_TALL, "collection": library.pk}
    client.post(address, sent)

    response = client.post(address, sent)

    assert "This question is a test of this collection already." in response.content.decode()
    assert GoldenQuestion.objects.count() == 1


def test_only_staff_who_may_add_tests_are_offered_to(library: Collection):
    bob, alice, dave = make_tester(), make_user("alice"), make_user("dave", is_staff=True)
    offered = {}
    for person in (bob, alice, dave):
        answer, client = asked(person), signed_in(person)
        page = client.get(f"/conversations/{answer.conversation_id}").content.decode()
        offered[person.username] = (f'href="{page_of(answer)}"' in page, client.get(page_of(answer)).status_code)

    assert offered == {"bob": (True, 200), "alice": (False, 403), "dave": (False, 403)}
    assert Client().get(page_of(answer)).status_code == 302


def test_somebody_elses_answer_needs_the_permission_to_see_it(library: Collection):
    answer = asked(make_user("alice"))

    assert signed_in(make_tester("bob")).get(page_of(answer)).status_code == 404
    page = signed_in(make_tester("erin", "view_answer")).get(page_of(answer))

    assert page.context["back"] == f"/admin/answers/answer/{answer.pk}/change/"


def test_a_collection_that_may_not_be_read_is_not_offered(library: Collection):
    bob = make_tester()
    secret = make_collection("secret", readers=Readers.MEMBERS)
    answer = asked(bob)

    response = signed_in(bob).post(page_of(answer), {"question": HOW_TALL, "collection": secret.pk})

    assert "collection" in response.context["form"].errors
    assert "Secret" not in signed_in(bob).get(page_of(answer)).content.decode()
