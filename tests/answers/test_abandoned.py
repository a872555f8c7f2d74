"""Answers whose process was killed: closed by whoever looks, and offered to be asked again."""

import re
import threading
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from answers.abandoned import LOOK_SECONDS, NOTICE, close_abandoned, close_abandoned_until
from answers.attending import RENEW_SECONDS, Attendance, nobody_leaves
from answers.citations import Cited
from answers.models import Answer, AnswerStatus, Conversation
from answers.querysets import LEASE_SECONDS, lease_end
from answers.storing import store_answer
from tests.callers import key_client
from tests.library import make_collection, make_user

pytestmark = pytest.mark.django_db

LOST = Now() - timedelta(seconds=1)


def an_answer(owner, **fields) -> Answer:
    conversation = Conversation.objects.create(owner=owner, title="Cats")
    return Answer.objects.create(conversation=conversation, question="How long?", **{"lease_until": LOST} | fields)


def status_of(answer: Answer) -> str:
    return Answer.objects.get(pk=answer.pk).status


def test_only_a_lease_that_ran_out_is_a_loss():
    alice = make_user()
    lost, under_way = an_answer(alice), an_answer(alice, lease_until=lease_end())
    done = an_answer(alice, status=AnswerStatus.DONE)

    assert close_abandoned() == 1
    assert [status_of(answer) for answer in (lost, under_way, done)] == ["interrupted", "working", "done"]
    assert Answer.objects.get(pk=lost.pk).notice == NOTICE


def test_an_earlier_releases_answer_without_a_lease_has_ten_minutes():
    alice = make_user()
    old, young = an_answer(alice, lease_until=None), an_answer(alice, lease_until=None)
    Answer.objects.filter(pk=old.pk).update(created_at=F("created_at") - timedelta(minutes=11))

    close_abandoned()

    assert [status_of(old), status_of(young)] == ["interrupted", "working"]


def test_a_lost_answer_is_closed_within_ninety_seconds():
    assert LEASE_SECONDS + LOOK_SECONDS <= 90
    assert RENEW_SECONDS * 3 <= LEASE_SECONDS


def test_a_look_renews_the_lease_when_it_is_time():
    answer = an_answer(make_user())
    look = Attendance(answer, nobody_leaves)
    look()
    before = close_abandoned()
    Answer.objects.filter(pk=answer.pk).update(status=AnswerStatus.WORKING, lease_until=LOST)
    look._renew_at = 0
    look()

    assert (before, close_abandoned()) == (1, 0)


def test_a_process_that_was_only_cut_off_from_the_database_still_stores_its_answer():
    answer = an_answer(make_user())
    close_abandoned()
    answer.status, answer.lease_until = AnswerStatus.DONE, None
    store_answer(answer, Cited(text="Twelve hours."))

    stored = Answer.objects.get(pk=answer.pk)
    assert (stored.status, stored.text, stored.notice) == (AnswerStatus.DONE, "Twelve hours.", "")


def test_the_worker_closes_what_nobody_looks_at():
    answer = an_answer(make_user())
    stop = threading.Event()

    class Once(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            stop.set()
            self.set()
            return True

    close_abandoned_until(Once())

    assert (stop.is_set(), status_of(answer)) == (True, "interrupted")


@pytest.mark.parametrize("address", ["/conversations/{answer.conversation_id}", "/answers/{answer.pk}"])
def test_the_page_closes_it_and_offers_to_try_again(client: Client, address: str):
    alice, reports = make_user(), make_collection(readers="public")
    answer = an_answer(alice)
    answer.collections.set([reports])
    client.force_login(alice)

    page = client.get(address.format(answer=answer), headers={"X-Requested-With": "fragment"}).content.decode()

    assert NOTICE in page
    form = page[page.index('<form class="retry"') :].split("</form>")[0]
    assert 'action="/ask"' in form and '"button plain">Try again' in form
    fields = dict(re.findall(r'name="(question|conversation|collection)" value="([^"]*)"', form))
    assert fields == {"question": "How long?", "conversation": str(answer.conversation_id), "collection": "reports"}


def test_trying_again_asks_the_question_in_its_conversation(client: Client):
    alice = make_user()
    answer = an_answer(alice, status=AnswerStatus.INTERRUPTED, lease_until=None)
    client.force_login(alice)

    response = client.post(
        "/ask", {"question": answer.question, "conversation": answer.conversation_id, "collection": ""}
    )

    assert response.status_code == 302
    assert list(answer.conversation.answers.values_list("question", flat=True)) == ["How long?"] * 2


def test_an_answer_under_way_or_done_is_not_offered_again(client: Client):
    alice = make_user()
    client.force_login(alice)
    for fields in ({"lease_until": lease_end()}, {"status": AnswerStatus.DONE, "lease_until": None}):
        answer = an_answer(alice, **fields)
        page = client.get(f"/conversations/{answer.conversation_id}").content.decode()

        assert '"button plain">Try again' not in page


@pytest.mark.parametrize("address", ["/api/conversations/{answer.conversation_id}", "/api/answers/{answer.pk}"])
def test_the_api_calls_it_interrupted(address: str):
    alice = make_user()
    answer = an_answer(alice)

    told = key_client(alice).get(address.format(answer=answer)).json()

    [shown] = told.get("answers", [told])
    assert (shown["status"], shown["notice"]) == ("interrupted", NOTICE)
