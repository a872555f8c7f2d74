"""What becomes of answers when a document they rest on is put into quarantine: they stay, and say so."""

from typing import Any

import pytest
from django.test import Client

from answers.models import Answer
from answers.serializers import AnswerSerializer
from documents.managing import quarantine, release
from documents.models import Adders, Document
from tests.callers import key_client
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db

QUESTION = "How long does a cat sleep?"
FOUND = "twelve to sixteen hours"


@pytest.fixture
def cats() -> Document:
    shelf = make_collection(adders=Adders.STAFF)
    index_text(shelf, "dogs.txt", "Dogs bark at strangers. A dog sleeps less than a cat does.")
    return index_text(shelf, "cats.txt", "Cats purr when they are content. A cat sleeps for twelve to sixteen hours.")


@pytest.fixture
def bob() -> Any:
    return make_user("bob")


@pytest.fixture
def page(bob) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def ask(client: Client) -> dict[str, Any]:
    return client.post("/api/ask", {"question": QUESTION}, content_type="application/json").json()


def test_the_next_answer_does_without_it_and_the_one_after_its_release_has_it_again(cats, page):
    assert FOUND in ask(page)["answer"]

    quarantine(cats, "It holds salaries.")
    without = ask(page)
    release(cats)

    assert FOUND not in without["answer"]
    assert cats.pk not in {citation["document"]["id"] for citation in without["citations"]}
    assert cats.pk not in set(Answer.objects.get(pk=without["id"]).passages.values_list("document_id", flat=True))
    assert FOUND in ask(page)["answer"]


def test_a_search_does_not_show_it(cats, bob):
    quarantine(cats, "It holds salaries.")

    passages = key_client(bob).post("/api/search", {"question": QUESTION}, content_type="application/json").json()

    assert {passage["document"]["name"] for passage in passages["passages"]} == {"dogs.txt"}


def test_an_earlier_answer_keeps_its_words_and_its_citation_says_so(cats, page):
    before = ask(page)
    quarantine(cats, "It holds salaries.")

    after = page.get(f"/api/answers/{before['id']}").json()

    told, *others = [citation for citation in after["citations"] if citation["document"]["quarantined"]]
    cited = next(citation for citation in before["citations"] if citation["number"] == told["number"])
    assert (cited["document"]["name"], others) == ("cats.txt", [])
    assert after | {"citations": before["citations"]} == before
    assert told == cited | {"document": {**cited["document"], "quarantined": True}, "url": None}
    assert set(told) == set(AnswerSerializer().fields["citations"].child.fields)  # type: ignore[attr-defined]


def test_its_pages_say_so_and_show_the_quote_alone(cats, page):
    answer = ask(page)
    quarantine(cats, "It holds salaries.")

    shown = page.get(f"/conversations/{answer['conversation']}").content.decode()
    source = page.get(f"/answers/{answer['id']}/citations/1").content.decode()
    inspected = page.get(f"/answers/{answer['id']}/found").content.decode()

    assert FOUND in shown and '<span class="badge warn">in quarantine</span>' in shown
    assert "The document is in quarantine: no new answer uses it. This is what was quoted." in source
    assert FOUND in source and "Cats purr" not in source and "/original" not in source
    assert "cats.txt" not in inspected and "1 passage is not shown" in inspected
    assert "salaries" not in shown + source + inspected


def test_who_may_change_it_still_opens_the_place(cats):
    client = Client()
    client.force_login(make_user("sam", is_superuser=True, is_staff=True))
    answer = ask(client)
    quarantine(cats, "It holds salaries.")

    source = client.get(f"/answers/{answer['id']}/citations/1").content.decode()

    assert "The document is in quarantine: no new answer uses it.</p>" in source
    assert "Cats purr" in source and f"/documents/{cats.pk}/original" in source


def test_the_nearest_passages_of_an_earlier_refusal_are_left_out(cats, page):
    refused = page.post(
        "/api/ask", {"question": "Who won the chess championship of 1972?"}, content_type="application/json"
    ).json()
    quarantine(cats, "It holds salaries.")

    shown = page.get(f"/conversations/{refused['conversation']}").content.decode()

    assert refused["mode"] == "refused" and "cats.txt" not in shown


def test_a_conversation_of_many_answers_asks_for_all_its_documents_at_once(cats, page, django_assert_max_num_queries):
    first = ask(page)
    for _ in range(3):
        page.post(
            "/api/ask", {"question": QUESTION, "conversation": first["conversation"]}, content_type="application/json"
        )

    with django_assert_max_num_queries(9):
        answers = page.get(f"/api/conversations/{first['conversation']}").json()["answers"]

    assert len(answers) == 4
