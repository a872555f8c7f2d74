"""A real gunicorn whose clients leave, and which is told to stop in the middle of answers."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from answers.models import Answer
from qabot.api_keys import make_key
from qabot.models import Right
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user
from tests.site import Site, running, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How long does a cat sleep?"
LEAVING_SECONDS = 2.0  # what a client that leaves may cost
GRACEFUL_SECONDS = 8  # instead of gunicorn.conf.py's 25


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def site(provider: FakeProvider, tmp_path: Path) -> Iterator[Site]:
    alice = make_user()
    index_text(make_collection(readers="public"), "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    started = Site(
        tmp_path / "web.log",
        "--graceful-timeout",
        str(GRACEFUL_SECONDS),
        key=make_key("test", alice, Right.values).text,
        CHAT_BASE_URL=provider.base_url,
        CHAT_API_KEY="key",
        CHAT_MODEL="fake-chat",
    )
    with running(started.process):
        yield started


def has_more_than(requests: int, provider: FakeProvider) -> bool:
    return len(provider.requests) > requests


def test_a_client_that_leaves_ends_the_call_of_the_model_within_two_seconds(site: Site, provider: FakeProvider):
    seconds = {}
    for mode, stream in [
        ("hang", True),  # nothing came yet
        ("hang_first_token", True),  # the headers came, and no word
        ("hang_mid:2", True),
        ("trickle", True),
        ("hang", False),
        ("hang_first_token", False),
    ]:
        provider.mode, before = mode, len(provider.requests)
        asked = site.ask(QUESTION, stream=stream)
        wait_until(partial(has_more_than, before, provider))
        time.sleep(0.3)  # so that the words that come before the silence have come
        asked.leave()
        begun = time.monotonic()
        assert provider.requests[-1].client_left.wait(LEAVING_SECONDS * 5), (mode, stream)
        seconds[mode, stream] = time.monotonic() - begun
    wait_until(lambda: not Answer.objects.filter(status="working").exists())

    assert max(seconds.values()) < LEAVING_SECONDS, seconds
    notices = Answer.objects.order_by("pk").values_list("status", "notice")
    assert set(notices) == {("interrupted", "The connection was closed before this answer was complete.")}


def test_told_to_stop_it_ends_each_of_twenty_answers_with_a_last_event(site: Site, provider: FakeProvider):
    provider.mode = [*["slow:0.1"] * 5, *["hang"] * 5, *["hang_mid:2"] * 5, "trickle"]
    with ThreadPoolExecutor(20) as together:
        streams = [together.submit(site.ask(QUESTION, stream=True).events) for _ in range(20)]
        ends: list[float] = []
        for stream in streams:
            stream.add_done_callback(lambda _: ends.append(time.monotonic()))
        wait_until(lambda: len(provider.requests) == 20)
        site.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        status = site.process.wait(30)
        events = [stream.result() for stream in streams]

    last = [found[-1] for found in events]
    assert {name for name, _ in last} == {"done", "interrupted"}, site.log.read_text()
    assert [name for name, _ in last].count("done") == 5
    assert (status, max(ends) - told < GRACEFUL_SECONDS) == (0, True)
    stored = dict(Answer.objects.values_list("pk", "status"))
    assert {answer["id"]: answer["status"] for _, answer in last} == stored
    stopped = [answer for name, answer in last if name == "interrupted"]
    assert {answer["notice"] for answer in stopped} == {"The server was restarted before this answer was complete."}
    assert [bool(answer["answer"]) for answer in stopped].count(True) == 10  # what was written is kept
