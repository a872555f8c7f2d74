"""The list of conversations, renaming, deleting, long ones, and what the ask page says around them."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from answers.conversation_list import CONVERSATIONS_A_PAGE, conversation_list
from answers.conversations import ANSWERS_SHOWN, stretch_of
from answers.models import Answer, AnswerStatus, Conversation, Mode
from documents.models import Collection, Document
from qabot.provider import ProviderSettings
from tests.library import default_collection, index_text, make_collection, make_user, upload_text
from tests.no_writes import read_only_database

FRAGMENT = {"X-Requested-With": "fragment"}
MISSING = 2**31


@pytest.fixture
def person(db):
    return make_user("alice")


@pytest.fixture
def alice(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def bob(db):
    client = Client()
    client.force_login(make_user("bob"))
    return client


def conversation(owner, title: str = "On cats", *, days_ago: float = 0, answers: int = 0) -> Conversation:
    made = Conversation.objects.create(owner=owner, title=title)
    rows = [
        Answer(
            conversation=made,
            question=f"Question {n}?",
            text=f"Answer {n}.",
            status=AnswerStatus.DONE,
            mode=Mode.EXTRACTED,
        )
        for n in range(1, answers + 1)
    ]
    for row in rows:
        row.save()
    Conversation.objects.filter(pk=made.pk).update(updated_at=timezone.now() - timedelta(days=days_ago))
    return made


def html(client: Client, address: str, **more) -> str:
    response = client.get(address, **more)
    assert response.status_code == 200, address
    return response.content.decode()


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="question"[^>]*>Question (\d+)\?', page)]


# The list


def test_conversations_are_grouped_by_when_they_were_last_asked_in(person):
    for title, days in {"now": 0, "a week": 6, "older": 8, "oldest": 400}.items():
        conversation(person, title, days_ago=days)

    groups = conversation_list(person, "").groups

    assert [(group.key, [str(one) for one in group.conversations]) for group in groups] == [
        ("today", ["now"]),
        ("lately", ["a week"]),
        ("older", ["older", "oldest"]),
    ]


def test_a_search_finds_words_of_titles_and_of_questions(person):
    conversation(person, "On cats", answers=12)
    conversation(person, "On dogs")

    assert [
        str(one) for group in conversation_list(person, "", "question 12").groups for one in group.conversations
    ] == ["On cats"]
    assert [str(one) for group in conversation_list(person, "", "DOGS on").groups for one in group.conversations] == [
        "On dogs"
    ]
    assert conversation_list(person, "", "% _").groups == ()


def test_a_long_list_is_paged_and_keeps_its_search(alice, person):
    for number in range(CONVERSATIONS_A_PAGE + 5):
        conversation(person, f"On cat {number}", days_ago=number / 100)

    first = html(alice, "/conversations?search=cat")
    second = html(alice, "/conversations?search=cat&page=2", headers=FRAGMENT)

    assert first.count('class="conversation-row"') == CONVERSATIONS_A_PAGE
    assert "/conversations?page=2&amp;search=cat" in first
    assert second.count('class="conversation-row"') == 5 and "<html" not in second
    assert "/conversations?page=1&amp;search=cat" in second


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=²", f"page={10**30}", "page=999", "search=%00", "search=" + "x" * 5000],
)
def test_an_address_that_makes_no_sense_lists_what_there_is(alice, person, query: str):
    conversation(person)

    assert alice.get(f"/conversations?{query}").status_code == 200


def test_nobody_sees_or_finds_the_conversations_of_others(alice, bob, person):
    conversation(person, "Secret plans")

    assert "Secret plans" in html(alice, "/conversations") and "Secret plans" in html(alice, "/")
    assert "Secret plans" not in html(bob, "/conversations?search=secret") + html(bob, "/")


def test_a_title_is_text_wherever_it_is_shown(alice, person):
    mine = conversation(person, '<img src=x onerror="alert(1)">')

    for address in (
        "/",
        "/conversations",
        f"/conversations/{mine.pk}",
        f"/conversations/{mine.pk}/rename",
        f"/conversations/{mine.pk}/delete",
    ):
        assert "<img src=x" not in html(alice, address)


# Renaming


def test_a_conversation_is_renamed_and_keeps_its_time(alice, person):
    mine = conversation(person, days_ago=3)
    before = Conversation.objects.get().updated_at

    response = alice.post(f"/conversations/{mine.pk}/rename", {"title": "  On \n lions  "})

    assert response.headers["Location"] == f"/conversations/{mine.pk}"
    assert (Conversation.objects.get().title, Conversation.objects.get().updated_at) == ("On lions", before)
    assert alice.post(f"/conversations/{mine.pk}/rename", {"title": "On lions"}, headers=FRAGMENT).status_code == 204


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\x00b"])
def test_a_title_that_cannot_be_is_said_and_changes_nothing(alice, person, title: str):
    mine = conversation(person)

    response = alice.post(f"/conversations/{mine.pk}/rename", {"title": title})

    assert response.status_code == 400 and 'aria-invalid="true"' in response.content.decode()
    assert Conversation.objects.get().title == "On cats"


# Deleting


def test_a_conversation_is_deleted_after_it_was_asked(alice, person):
    mine = conversation(person, answers=3)

    assert "its 3 answers will be gone" in html(alice, f"/conversations/{mine.pk}/delete")
    assert Conversation.objects.exists()
    assert alice.post(f"/conversations/{mine.pk}/delete").headers["Location"] == "/"
    assert "“On cats” was deleted." in html(alice, "/")
    assert not Conversation.objects.exists() and not Answer.objects.exists()
    assert alice.post(f"/conversations/{mine.pk}/delete").status_code == 404


@pytest.mark.parametrize("step", ["rename", "delete"])
def test_nobody_renames_or_deletes_what_is_not_theirs(alice, bob, client, person, step: str):
    mine = conversation(person)
    Collection.objects.update(readers="public")

    for caller in (bob, client):
        for identity in (mine.pk, MISSING):
            assert caller.get(f"/conversations/{identity}/{step}").status_code == 404
            assert caller.post(f"/conversations/{identity}/{step}", {"title": "mine"}).status_code == 404
    assert Conversation.objects.get().title == "On cats"


def test_a_form_from_another_site_is_refused(person):
    mine = conversation(person)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)

    assert strict.post(f"/conversations/{mine.pk}/delete").status_code == 403
    assert Conversation.objects.exists()


# A long conversation


def test_the_latest_answers_are_shown_and_earlier_ones_a_click_away(alice, person):
    mine = conversation(person, answers=45)
    address = f"/conversations/{mine.pk}"

    latest = html(alice, address)
    assert numbers(latest) == list(range(26, 46))
    earlier = re.search(rf"{address}\?before=\d+", latest)
    assert earlier and "Show earlier answers, 25 in all" in latest
    before = html(alice, earlier[0], headers=FRAGMENT)
    assert numbers(before) == list(range(6, 26)) and "<html" not in before
    oldest = re.search(rf"{address}\?before=\d+", before)
    assert oldest and numbers(html(alice, oldest[0])) == list(range(1, 6))
    assert "?before=" not in html(alice, oldest[0])


def test_a_link_to_an_old_answer_shows_it(alice, person):
    mine = conversation(person, answers=45)
    third, last = mine.answers.order_by("pk")[2], mine.answers.order_by("pk").last()
    assert last

    old = alice.get(f"/answers/{third.pk}").headers["Location"]

    assert old == f"/conversations/{mine.pk}?at={third.pk}#answer-{third.pk}"
    shown = html(alice, old)
    assert numbers(shown) == list(range(3, 23)) and "Show the latest answers" in shown
    assert alice.get(f"/answers/{last.pk}").headers["Location"] == f"/conversations/{mine.pk}#answer-{last.pk}"


@pytest.mark.parametrize(
    "query",
    ["before=0", "before=x", f"before={10**17}", f"before={10**40}", "at=-1", "at=0", f"at={10**17}", "before=&at="],
)
def test_a_place_that_does_not_exist_shows_something(alice, person, query: str):
    mine = conversation(person, answers=3)

    assert alice.get(f"/conversations/{mine.pk}?{query}").status_code == 200


def test_a_hundred_answers_cost_no_more_queries_than_twenty(person, django_assert_num_queries):
    many, few = conversation(person, answers=100), conversation(person, answers=ANSWERS_SHOWN)

    for one in (many, few):
        with django_assert_num_queries(4):
            stretch = stretch_of(one)
            assert [len(stretch.answers), stretch.later] == [ANSWERS_SHOWN, 0]


# The page around them


def test_a_conversations_collection_is_chosen_again(alice, person):
    reports = make_collection("reports")
    index_text(reports, "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")

    location = alice.post("/ask", {"question": "How many hours does a cat sleep?", "collection": "reports"}).headers[
        "Location"
    ]

    assert '<option value="reports" selected>' in html(alice, location)
    assert '<option value="reports" selected>' in html(alice, "/?collection=reports")
    assert '<option value="reports" selected>' not in html(alice, "/")


def test_a_question_that_is_too_long_comes_back_whole(alice, settings):
    settings.QABOT_MAX_QUESTION_CHARACTERS = 4000
    question = "Why? " * 900

    response = alice.post("/ask", {"question": question})

    assert response.status_code == 400 and question in response.content.decode()


def test_without_a_model_the_page_says_what_that_means_and_staff_where_to_change_it(alice, person, settings):
    index_text(default_collection(), "cats.txt", "A cat sleeps.")

    assert "Answers are quoted word for word" in html(alice, "/") and "OPENAI_API_KEY" not in html(alice, "/")
    person.is_staff = True
    person.save()
    assert "OPENAI_API_KEY" in html(alice, "/")
    settings.QABOT_CHAT_PROVIDER = ProviderSettings("http://127.0.0.1:9/v1", "key")
    assert "Answers are quoted word for word" not in html(alice, "/")


def test_documents_still_being_indexed_are_told(alice):
    upload_text(default_collection(), "cats.txt", "A cat sleeps.")

    page = html(alice, "/")

    assert "1 document is still being indexed." in page and "Almost there" in page
    assert "add-samples" not in page and 'action="/samples"' not in page


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_told(alice):
    default_collection()
    told = "The database takes no changes just now"
    assert told not in html(alice, "/")

    with read_only_database():
        assert told in html(alice, "/")


# The sample documents


def test_the_samples_are_added_once_as_any_upload_and_deleted_as_any_document(alice, person):
    assert 'action="/samples"' in html(alice, "/")

    assert alice.post("/samples").headers["Location"] == "/"
    assert "4 sample documents were added." in html(alice, "/")
    assert Document.objects.filter(uploader=person, status="pending", collection__slug="documents").count() == 4
    alice.post("/samples")
    assert "The sample documents are here already." in html(alice, "/")
    assert Document.objects.count() == 4
    for document in Document.objects.all():
        assert alice.post(f"/documents/{document.pk}/delete").status_code == 302
    assert 'action="/samples"' in html(alice, "/")


def test_who_may_add_nowhere_is_offered_no_samples(alice, client):
    Collection.objects.update(adders="staff")

    assert 'action="/samples"' not in html(alice, "/")
    assert alice.post("/samples").status_code == 404
    assert client.post("/samples").headers["Location"] == "/login?next=/samples"
    assert not Document.objects.exists()


def test_the_samples_go_where_somebody_may_add(person, alice):
    Collection.objects.update(adders="staff")
    make_collection("own", adders="signed_in")

    alice.post("/samples")

    assert set(Document.objects.values_list("collection__slug", flat=True)) == {"own"}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()
