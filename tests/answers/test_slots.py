"""How many answers are under way at once, and when one's place is free again."""

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from answers.events import Event, TextDelta
from answers.models import Answer, Conversation
from answers.slots import Busy, Slots, answers_under_way
from answers.streaming import server_sent_events, stream_response
from qabot.provider import ProviderSettings
from tests.callers import key_client
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

PATIENCE_SECONDS = 10.0  # a bound that only a hanging stream reaches
CATS = "A cat sleeps for twelve to sixteen hours a day."
QUESTION = "How long does a cat sleep?"


def wait_for_streams() -> None:
    for thread in threading.enumerate():
        if thread.name == "answer-stream":
            thread.join(PATIENCE_SECONDS)


def test_as_many_answers_as_allowed_and_no_more():
    slots = Slots()

    with slots.take(2), slots.take(2):
        with pytest.raises(Busy), slots.take(2):
            pass
        taken = slots.taken

    assert (taken, slots.taken) == (2, 0)


def test_a_slot_is_one_answer_however_many_threads_are_busy_with_it():
    slots = Slots()

    with slots.take(1) as slot:
        slot.__enter__()
        slot.__enter__()
    left_by_its_taker = slots.taken
    slot.__exit__()
    left_by_one_more = slots.taken
    slot.__exit__()

    assert [left_by_its_taker, left_by_one_more, slots.taken] == [1, 1, 0]


def test_of_many_threads_at_once_none_gets_past_the_bound():
    slots, ready, most_taken = Slots(), threading.Barrier(20), []

    def take() -> None:
        ready.wait()
        for _ in range(200):
            try:
                with slots.take(3):
                    most_taken.append(slots.taken)
            except Busy:
                pass

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (max(most_taken) <= 3, slots.taken) == (True, 0)


# When a stream's place is free again


@pytest.fixture
def slots() -> Slots:
    return Slots()


def a_stream(slots: Slots, events: Iterator[Event]) -> Any:
    with slots.take(1) as slot:
        return server_sent_events(Answer(pk=7, conversation_id=8), events, slot=slot)


def words() -> Iterator[Event]:
    yield TextDelta("Cats")
    yield TextDelta(" purr.")


def test_when_it_was_read_to_its_end(slots: Slots):
    stream = a_stream(slots, words())
    next(stream)
    begun = slots.taken
    rest = list(stream)
    wait_for_streams()

    assert (begun, len(rest), slots.taken) == (1, 2, 0)


def test_when_its_reader_left_and_the_model_was_hung_up_on(slots: Slots):
    go_on = threading.Event()

    def slow() -> Iterator[Event]:
        yield TextDelta("Cats")
        go_on.wait(PATIENCE_SECONDS)
        yield TextDelta(" purr.")

    stream = a_stream(slots, slow())
    next(stream), next(stream)
    stream.close()
    while_the_model_is_waited_for = slots.taken
    go_on.set()
    wait_for_streams()

    assert (while_the_model_is_waited_for, slots.taken) == (1, 0)


def test_not_before_a_slow_reader_has_it_all(slots: Slots):
    stream = a_stream(slots, words())
    next(stream)
    wait_for_streams()
    written_but_not_read = slots.taken
    stream.close()

    assert (written_but_not_read, slots.taken) == (1, 0)


def test_when_it_was_never_sent(slots: Slots):
    stream = a_stream(slots, words())
    stream.close()
    wait_for_streams()

    assert slots.taken == 0


def test_when_its_response_was_dropped(slots: Slots):
    stream = a_stream(slots, words())
    next(stream)
    wait_for_streams()
    del stream
    gc.collect()

    assert slots.taken == 0


def test_when_it_broke(slots: Slots):
    def breaking() -> Iterator[Event]:
        yield TextDelta("Cats")
        raise ZeroDivisionError

    last = list(a_stream(slots, breaking()))[-1]
    wait_for_streams()

    assert (last.startswith(b"event: error"), slots.taken) == (True, 0)


@pytest.mark.django_db
def test_when_it_could_not_begin(slots: Slots):
    with pytest.raises(ZeroDivisionError), slots.take(1) as slot:
        stream_response(Answer(pk=1, conversation=Conversation()), iter([]), slot)
        raise ZeroDivisionError
    wait_for_streams()

    assert slots.taken == 0


# At the doors


@pytest.mark.django_db(transaction=True)
def test_a_question_beyond_the_bound_is_told_to_come_back(settings: LazySettings, client: Client):
    settings.QABOT_MAX_STREAMS = 1
    alice, reports = make_user(), make_collection(readers="public")
    index_text(reports, "cats.txt", CATS)
    program = key_client(alice)
    client.force_login(alice)
    ask = {"question": QUESTION, "stream": True}

    with FakeProvider("trickle") as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        streamed = program.post("/api/ask", ask, content_type="application/json")
        frames = iter(streamed)
        next(frames)
        refused = program.post("/api/ask", ask, content_type="application/json")
        page = client.post("/ask", {"question": QUESTION})
        streamed.close()
        wait_for_streams()
    settings.QABOT_CHAT_PROVIDER = None
    again = program.post("/api/ask", {"question": QUESTION}, content_type="application/json")

    assert (refused.status_code, refused["Content-Type"]) == (503, "application/problem+json")
    assert (refused["Retry-After"], refused.json()["code"]) == ("5", "busy")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert f">{QUESTION}</textarea>" in page.content.decode()
    assert "Too many questions are being answered just now." in page.content.decode()
    assert (again.status_code, answers_under_way.taken) == (200, 0)
    assert Answer.objects.count() == 2
