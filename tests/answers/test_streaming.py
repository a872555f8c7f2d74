"""Streams: every event a frame, a line kept alive, and a model hung up on when the reader leaves."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from answers.answering import AnsweringOptions, answer_events, begin_answer
from answers.events import AnswerFailed, Event, PassagesFound, SearchStarted, TextDelta
from answers.generation import Writer
from answers.models import Answer, AnswerStatus, Conversation
from answers.passages import LegScore, Passage
from answers.streaming import HELLO, STILL_HERE, server_sent_events, stream_response
from documents.scoping import scope_for
from qabot.provider import Provider, ProviderSettings
from qabot.stopping import this_process
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

PATIENCE_SECONDS = 10.0  # a bound that only a hanging stream reaches
CATS = Passage(1, 2, "cats.txt", 3, 4, "iv", 5, 15, "Cats purr.", ("Pets",), LegScore(1, 0.5), LegScore(), 1.5, 1)


ANSWER = Answer(pk=7, conversation_id=8)


def wait_for_streams() -> None:
    for thread in threading.enumerate():
        if thread.name == "answer-stream":
            thread.join(PATIENCE_SECONDS)


def test_a_stream_says_hello_then_each_event_then_ends():
    events: list[Event] = [
        SearchStarted("cats"),
        PassagesFound((CATS,)),
        TextDelta("Cats\n“purr”"),
        AnswerFailed("Try again.", Answer(pk=7)),
    ]

    frames = list(server_sent_events(ANSWER, (event for event in events)))

    assert frames == [
        HELLO,
        b'event: search\ndata: {"id": 7, "conversation": 8, "searched_for": "cats"}\n\n',
        b'event: passages\ndata: {"passages": [{"rank": 1, "score": 1.5, "semantic": {"rank": 1, "score": 0.5}, '
        b'"lexical": {"rank": null, "score": null}, "fused": {"rank": 1, "score": 1.5}, '
        b'"reranked": {"rank": null, "score": null}, "document": {"id": 2, "name": "cats.txt"}, "page": 4, '
        b'"page_label": "iv", "heading_path": ["Pets"], "text": "Cats purr.", "start": 5, "end": 15, '
        b'"url": "/documents/2/pages/4?start=5&end=15#quote"}]}\n\n',
        'event: delta\ndata: {"text": "Cats\\n“purr”"}\n\n'.encode(),
        b'event: error\ndata: {"id": 7, "conversation": 8, "code": "answer_failed", "detail": "Try again."}\n\n',
    ]


def test_a_silent_model_does_not_end_the_stream():
    go_on = threading.Event()

    def slow() -> Iterator[Event]:
        go_on.wait(PATIENCE_SECONDS)
        yield TextDelta("at last")

    stream = server_sent_events(ANSWER, slow(), keep_alive_seconds=0.01)
    first = [next(stream), next(stream), next(stream)]
    go_on.set()

    assert first == [HELLO, STILL_HERE, STILL_HERE]
    assert [frame for frame in stream if frame != STILL_HERE] == [b'event: delta\ndata: {"text": "at last"}\n\n']


def test_a_reader_who_leaves_closes_the_events():
    closed, left = threading.Event(), threading.Event()

    def endless() -> Iterator[Event]:
        try:
            while True:
                yield TextDelta("and ")
                left.wait(PATIENCE_SECONDS)
        finally:
            closed.set()

    stream = server_sent_events(ANSWER, endless())
    next(stream), next(stream)
    stream.close()
    left.set()

    assert closed.wait(PATIENCE_SECONDS)


def test_a_process_that_ends_says_goodbye_where_nothing_else_was_said():
    go_on = threading.Event()

    def stuck() -> Iterator[Event]:
        go_on.wait(PATIENCE_SECONDS)
        yield TextDelta("too late")

    this_process.watch(lambda: True, graceful_seconds=0.0)
    try:
        frames = list(server_sent_events(ANSWER, stuck()))
    finally:
        this_process.watch(lambda: False, graceful_seconds=0.0)
        go_on.set()

    assert frames == [
        HELLO,
        b'event: error\ndata: {"id": 7, "conversation": 8, "code": "stopped", '
        b'"detail": "The server is being restarted. Please ask again in a moment."}\n\n',
    ]


def test_what_nobody_foresaw_ends_the_stream_with_an_error():
    def breaking() -> Iterator[Event]:
        yield TextDelta("Cats")
        raise ZeroDivisionError

    last = list(server_sent_events(ANSWER, breaking()))[-1]

    assert last == (
        b'event: error\ndata: {"id": 7, "conversation": 8, "code": "server_error", '
        b'"detail": "Something went wrong while answering. Please ask again."}\n\n'
    )


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_while_the_model_writes():
    reports, alice = make_collection(readers="public"), make_user()
    index_text(reports, "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    scope = scope_for(alice, None, None)
    answer = begin_answer("How long does a cat sleep?", Conversation.objects.create(owner=alice), scope)
    connection.close()
    held_by_others = held()

    with FakeProvider("trickle") as provider:
        writer = Writer(Provider(ProviderSettings(provider.base_url, "key")), "fake-chat")
        response = stream_response(answer, answer_events(answer, scope, AnsweringOptions(writer, 6000)))
        frames = iter(response)
        while not next(frames).startswith(b"event: delta"):
            pass
        held_meanwhile = held()
        response.close()
        wait_for_streams()

    assert held_meanwhile == held_by_others


def held() -> int:
    """Connections that some thread of this process holds."""
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]  # of the Postgres backend alone
    assert stats["pool_size"] > 0
    return stats["pool_size"] - stats["pool_available"]


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_a_slow_model_hangs_up_on_it_and_finds_what_was_written():
    reports, alice = make_collection(readers="public"), make_user()
    index_text(reports, "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    scope = scope_for(alice, None, None)
    answer = begin_answer("How long does a cat sleep?", Conversation.objects.create(owner=alice), scope)

    with FakeProvider("trickle") as provider:
        writer = Writer(Provider(ProviderSettings(provider.base_url, "key")), "fake-chat")
        stream = server_sent_events(answer, answer_events(answer, scope, AnsweringOptions(writer, 6000)))
        while not next(stream).startswith(b"event: delta"):
            pass
        stream.close()
        left = provider.requests[-1].client_left.wait(PATIENCE_SECONDS)
        wait_for_streams()

    answer.refresh_from_db()
    assert (left, answer.status, answer.text != "") == (True, AnswerStatus.INTERRUPTED, True)
