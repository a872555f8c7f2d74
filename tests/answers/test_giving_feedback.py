"""Saying whether an answer helped, on its page: who may, twice, taken back, with a comment of any kind."""

import threading
from html import escape

import pytest
from django.db import connection
from django.test import Client

from answers.giving_feedback import MAX_COMMENT_CHARACTERS, give_feedback
from answers.models import Answer, Conversation, Feedback
from documents.models import Readers
from tests.library import make_collection, make_user

SCRIPT = {"X-Requested-With": "fragment"}
HOSTILE = "<script>alert(1)</script>'\"\u202e{{ 7 }}"


@pytest.fixture
def alice(db) -> Client:
    client = Client()
    client.force_login(make_user())
    return client


@pytest.fixture
def answer(alice: Client) -> Answer:
    conversation = Conversation.objects.create(owner_id=int(alice.session["_auth_user_id"]), title="Cats")
    return Answer.objects.create(
        conversation=conversation, question="Why?", text="Because.", status="done", mode="refused"
    )


def given() -> list[tuple[bool, str]]:
    return list(Feedback.objects.values_list("helpful", "comment"))


def say(client: Client, answer: Answer, helpful: str, headers: dict[str, str] | None = None, **more: str):
    return client.post(f"/answers/{answer.pk}/feedback", {"helpful": helpful, **more}, headers=headers)


def test_yes_is_kept_shown_pressed_and_leads_back_to_the_answer(alice, answer):
    response = say(alice, answer, "yes")

    assert response.headers["Location"] == f"/answers/{answer.pk}"
    assert given() == [(True, "")]
    page = alice.get(f"/conversations/{answer.conversation_id}").content.decode()
    assert 'aria-pressed="true" data-thumb="up"' in page and 'aria-pressed="false" data-thumb="down"' in page


def test_no_asks_why_and_the_comment_is_kept(alice, answer):
    asked = say(alice, answer, "no")
    form = alice.get(asked.headers["Location"]).content.decode()
    said = say(alice, answer, "no", comment="Too\r\nshort.")

    assert asked.headers["Location"] == f"/answers/{answer.pk}/feedback" and "What was wrong, or missing?" in form
    assert said.status_code == 302 and given() == [(False, "Too\nshort.")]


def test_a_later_word_replaces_an_earlier_one_and_twice_is_once(alice, answer):
    for helpful in ("no", "no", "yes", "yes"):
        say(alice, answer, helpful, comment="Again.")

    assert given() == [(True, "Again.")]


def test_it_can_be_taken_back_also_where_there_is_nothing(alice, answer):
    say(alice, answer, "yes")

    assert [say(alice, answer, "").status_code, say(alice, answer, "").status_code, given()] == [302, 302, []]


def test_a_script_gets_the_thumbs_alone_and_after_no_the_form(alice, answer):
    yes = say(alice, answer, "yes", SCRIPT).content.decode()
    no = say(alice, answer, "no", SCRIPT).content.decode()
    sent = say(alice, answer, "no", SCRIPT, comment="Too short.").content.decode()

    assert yes.startswith('<div class="feedback"') and "<html" not in yes and "<textarea" not in yes
    assert "<textarea" in no and "<textarea" not in sent and "Your comment" in sent


def test_a_hostile_comment_is_kept_and_shown_as_text(alice, answer):
    say(alice, answer, "no", comment=HOSTILE)

    assert given() == [(False, HOSTILE)]
    shown = alice.get(f"/answers/{answer.pk}/feedback").content.decode()
    assert escape(HOSTILE, quote=True) in shown and "<script>alert" not in shown


def test_a_comment_that_is_too_long_comes_back_and_nothing_is_kept(alice, answer):
    long = "x" * (MAX_COMMENT_CHARACTERS + 5000)

    page, script = say(alice, answer, "no", comment=long), say(alice, answer, "no", SCRIPT, comment=long)

    assert (page.status_code, script.status_code, given()) == (400, 400, [])
    assert long in page.content.decode() and "at most" not in page.content.decode()
    assert script.json()["detail"] == "A comment may have 5000 characters, this one has 10000."


def test_the_longest_comment_may_have_line_breaks(alice, answer):
    say(alice, answer, "no", comment="x\r\n" * (MAX_COMMENT_CHARACTERS // 2 - 1) + "xx")

    assert len(given()[0][1]) == MAX_COMMENT_CHARACTERS


@pytest.mark.parametrize("helpful", ["maybe", "true", "\x00", "yes" * 1000])
def test_what_is_neither_yes_nor_no_is_refused(alice, answer, helpful: str):
    assert (say(alice, answer, helpful).status_code, given()) == (400, [])


def test_a_comment_with_a_null_is_refused(alice, answer):
    assert (say(alice, answer, "no", comment="a\x00b").status_code, given()) == (400, [])


def test_nobody_says_anything_of_an_answer_that_is_not_theirs(alice, answer):
    bob, root, stranger = Client(), Client(), Client()
    bob.force_login(make_user("bob"))
    root.force_login(make_user("root", is_superuser=True, is_staff=True))

    assert [say(bob, answer, "yes").status_code, say(root, answer, "no").status_code] == [404, 404]
    assert say(stranger, answer, "yes").headers["Location"].startswith("/login?next=")
    assert say(alice, Answer(pk=999_999), "yes").status_code == 404
    assert given() == []


def test_a_visitor_without_an_account_says_it_of_their_own_answers_alone(answer):
    make_collection("open", readers=Readers.PUBLIC)
    visitor, other = Client(), Client()
    session = visitor.session
    session.save()
    visitor.cookies["sessionid"] = str(session.session_key)
    conversation = Conversation.objects.create(anonymous_key=str(session.session_key))
    theirs = Answer.objects.create(conversation=conversation, question="Why?", text="Because.", status="done")

    assert say(visitor, theirs, "yes").status_code == 302
    assert [say(other, theirs, "no").status_code, say(visitor, answer, "no").status_code] == [404, 404]
    assert given() == [(True, "")]


def test_it_is_counted_as_other_requests_are(alice, answer, settings):
    settings.QABOT_RATES = {**settings.QABOT_RATES, "api": (1, 60)}

    assert [say(alice, answer, "yes").status_code, say(alice, answer, "no").status_code] == [302, 429]
    assert given() == [(True, "")]


def test_the_form_is_protected_from_other_sites(alice, answer):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.cookies

    assert (say(strict, answer, "yes").status_code, given()) == (403, [])


@pytest.mark.django_db(transaction=True)
def test_many_words_at_the_same_time_are_one(alice, answer):
    wrong: list[BaseException] = []

    def speak(helpful: bool) -> None:
        try:
            give_feedback(Answer.objects.all(), answer.pk, helpful, "At once.")
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=speak, args=(number % 2 == 0,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (wrong, Feedback.objects.count()) == ([], 1)
