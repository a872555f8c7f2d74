"""What the provider's waist does with a provider that keeps failing, and with callers who no longer wait."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qabot.provider import (
    ChatDelta,
    Provider,
    ProviderError,
    ProviderLeftAlone,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderSettings,
    ProviderUnavailable,
)
from qabot.waiting import CalledOff, looking_up
from tests.fakes.provider import FakeProvider
from tests.fakes.tls_door import make_certificate, tls_door
from tests.qabot.provider_calls import (
    ANSWER,
    CANARY,
    EMBEDDING,
    MODEL,
    PROMPT,
    ask,
    complete,
    embed,
    failure,
    settings_for,
)

PATIENCE_SECONDS = 10.0  # a bound that only a call nobody ends reaches


def seconds_of(call: Callable[[], object]) -> float:
    """How long a call takes that fails."""
    begun = time.monotonic()
    with pytest.raises(ProviderError):
        call()
    return time.monotonic() - begun


# Nobody there


@pytest.mark.parametrize("call", [ask, complete, embed])
def test_a_name_that_nobody_has_is_tried_three_times_and_is_unavailable(call, monkeypatch):
    monkeypatch.setenv("RES_OPTIONS", "timeout:1 attempts:1")
    settings = ProviderSettings("http://no-such-host.invalid/v1", CANARY, retry_seconds=0.05)

    with pytest.raises(ProviderUnavailable) as caught:
        call(Provider(settings))

    assert str(caught.value) == "The provider cannot be reached."


def test_a_closed_port_is_tried_three_times():
    with FakeProvider("refused") as fake:
        provider = Provider(settings_for(fake, retry_seconds=0.1))

        assert seconds_of(lambda: ask(provider)) >= 0.1 + 0.2


# The breaker


@pytest.mark.parametrize("call", [ask, complete])
def test_a_provider_that_keeps_failing_is_not_asked_for_a_while(call, caplog):
    caplog.set_level(logging.INFO, "qabot.provider_guard")
    with FakeProvider("500") as fake:
        provider = Provider(settings_for(fake, retries=0))
        for _ in range(3):
            seconds_of(lambda: call(provider))
        with pytest.raises(ProviderLeftAlone):
            call(provider)

    assert (len(fake.requests), provider.chat_breaker.state, provider.embedding_breaker.state) == (3, "open", "closed")
    told = [(record.role, record.state) for record in caplog.records if record.message == "provider breaker"]
    assert told == [("chat", "open")]


def test_embedding_has_a_breaker_of_its_own():
    with FakeProvider("nan") as fake:
        provider = Provider(settings_for(fake))
        for _ in range(3):
            seconds_of(lambda: embed(provider))
        with pytest.raises(ProviderLeftAlone):
            embed(provider)
        answered = ask(provider)

    assert (len(answered) > 0, provider.chat_breaker.state) == (True, "closed")


def test_answers_that_keep_breaking_off_count_too():
    with FakeProvider("cut:2") as fake:
        provider = Provider(settings_for(fake))
        for _ in range(3):
            seconds_of(lambda: ask(provider))

    assert provider.chat_breaker.state == "open"


@pytest.mark.parametrize("mode", ["401", "content_filter", "400"])
def test_what_is_refused_at_once_keeps_nobody_waiting_and_is_asked_again(mode):
    with FakeProvider(mode) as fake:
        provider = Provider(settings_for(fake))
        for _ in range(4):
            seconds_of(lambda: ask(provider))

    assert (len(fake.requests), provider.chat_breaker.state) == (4, "closed")


def test_a_provider_that_names_a_time_is_left_alone_from_the_first_time_on():
    with FakeProvider(["429:30", "ok"]) as fake:
        provider = Provider(settings_for(fake))
        with pytest.raises(ProviderRateLimited):
            ask(provider)
        with pytest.raises(ProviderLeftAlone):
            ask(provider)

    assert len(fake.requests) == 1


def test_a_reader_who_leaves_says_nothing_against_the_provider():
    with FakeProvider("trickle") as fake:
        provider = Provider(settings_for(fake))
        for _ in range(3):
            stream = provider.stream_chat(PROMPT, MODEL, max_tokens=100)
            next(stream)
            stream.close()

    assert provider.chat_breaker.state == "closed"


def test_a_misconfiguration_is_told_without_the_key():
    for mode in ("401", "403"):
        error, _ = failure(ask, mode)

        assert (type(error), str(error)) == (
            ProviderMisconfigured,
            f"The provider refused the key (status {mode}).",
        )


# Calling off


def called_off(call: Callable[[], object]) -> float:
    """How long after half a second, when its reader leaves, a call ends by CalledOff; in seconds."""
    left = threading.Event()
    threading.Timer(0.5, left.set).start()

    def look() -> None:
        if left.is_set():
            raise CalledOff

    begun = time.monotonic()
    with looking_up(look), pytest.raises(CalledOff):
        call()
    return time.monotonic() - begun - 0.5


@pytest.mark.parametrize("mode", ["hang", "hang_first_token", "keepalive", "hang_mid:2", "trickle"])
def test_a_silent_or_endless_answer_ends_soon_after_its_reader_left(mode):
    with FakeProvider(mode) as fake:
        provider = Provider(settings_for(fake, first_token_seconds=60, idle_seconds=60))
        seconds = called_off(lambda: ask(provider))
        hung_up = fake.requests[0].client_left.wait(PATIENCE_SECONDS)

    assert (hung_up, len(fake.requests)) == (True, 1)
    assert seconds < 1.5


@pytest.mark.parametrize("call", [complete, lambda provider: provider.embed(["one"], EMBEDDING, 1536)])
def test_a_question_that_is_rewritten_or_embedded_is_called_off_too(call):
    with FakeProvider("hang") as fake:
        provider = Provider(settings_for(fake, first_token_seconds=60))
        seconds = called_off(lambda: call(provider))

        assert fake.requests[0].client_left.wait(PATIENCE_SECONDS)
    assert seconds < 1.5


def test_nobody_waits_for_the_next_try_of_a_call_that_is_called_off():
    with FakeProvider("429:5") as fake:
        provider = Provider(settings_for(fake))
        seconds = called_off(lambda: ask(provider))

    assert (len(fake.requests), seconds < 1.5) == (1, True)


def test_a_call_that_looks_up_still_ends_in_its_time():
    with FakeProvider("hang") as fake, looking_up(lambda: None):
        provider = Provider(settings_for(fake, first_token_seconds=0.7, idle_seconds=0.7))

        assert 0.7 <= seconds_of(lambda: ask(provider)) < 3


def test_looking_up_takes_nothing_from_an_answer():
    looks: list[None] = []
    with FakeProvider("slow:0.1") as fake, looking_up(lambda: looks.append(None)):
        events = ask(Provider(settings_for(fake)))

    assert "".join(event.text for event in events if isinstance(event, ChatDelta)) == ANSWER
    assert len(looks) >= len(events)


def test_an_encrypted_answer_comes_whole_and_is_called_off_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with FakeProvider(["split_multibyte", "ok", "hang", "hang_mid:2"]) as fake:
        port = int(fake.base_url.split(":")[2].split("/")[0])
        with tls_door(port, certificate) as door:
            settings = ProviderSettings(f"https://127.0.0.1:{door}/v1", CANARY, first_token_seconds=60, idle_seconds=60)
            provider = Provider(settings)
            answers = [ask(provider), ask(provider)]
            seconds = [called_off(lambda: ask(provider)), called_off(lambda: ask(provider))]
            hung_up = [request.client_left.wait(PATIENCE_SECONDS) for request in fake.requests[2:]]

    texts = ["".join(event.text for event in events if isinstance(event, ChatDelta)) for events in answers]
    assert texts == [ANSWER, ANSWER]
    assert (hung_up, max(seconds) < 1.5) == ([True, True], True)
