"""The provider's waist against a real server on this machine: every way to answer, and every way not to."""

from itertools import pairwise

import pytest

from qabot.provider import (
    ChatCompletion,
    ChatDelta,
    ChatEnd,
    Provider,
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderRefusedContent,
    ProviderUnavailable,
)
from tests.fakes.provider import FakeProvider
from tests.qabot.provider_calls import (
    ANSWER,
    CANARY,
    EMBEDDING,
    MODEL,
    PROMPT,
    Message,
    ask,
    complete,
    embed,
    failure,
    settings_for,
)


def test_an_answer_streams_in_pieces_and_ends_with_its_counts():
    with FakeProvider() as fake:
        events = ask(Provider(settings_for(fake)))

    words = [ChatDelta(word) for word in ("The", " tower", " is", " 330", " m", " tall", " [2].")]
    assert events == [*words, ChatEnd("stop", prompt_tokens=40, completion_tokens=7)]
    assert fake.requests[0].path == "/v1/chat/completions"
    assert fake.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    assert fake.requests[0].body == {
        "messages": [{"role": message.role, "content": message.content} for message in PROMPT],
        "model": MODEL,
        "max_tokens": 100,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_short_answer_comes_whole():
    with FakeProvider() as fake:
        completion = complete(Provider(settings_for(fake)))

    assert completion == ChatCompletion(ANSWER, "stop", prompt_tokens=40, completion_tokens=7)


def test_a_server_that_counts_nothing_is_understood():
    with FakeProvider("no_usage") as fake:
        provider = Provider(settings_for(fake))

        assert ask(provider)[-1] == ChatEnd("stop", None, None)
        assert complete(provider) == ChatCompletion(ANSWER, "stop", None, None)


def test_the_temperature_is_sent_only_if_given():
    with FakeProvider() as fake:
        provider = Provider(settings_for(fake))
        provider.complete_chat(PROMPT, MODEL, max_tokens=5, temperature=0.2)
        provider.complete_chat(PROMPT, MODEL, max_tokens=5)

    assert [request.body.get("temperature") for request in fake.requests] == [0.2, None]


def test_a_character_may_arrive_in_pieces():
    message = Message("user", "[1] (Städte, Seite 1)\nZürich liegt am See. 北京是首都。\n\nQuestion: 北京 Zürich?")
    with FakeProvider("split_multibyte") as fake:
        events = list(Provider(settings_for(fake)).stream_chat([message], MODEL, max_tokens=100))

    assert "".join(event.text for event in events if isinstance(event, ChatDelta)) == "北京是首都 [1]。"


def test_an_answer_cut_at_max_tokens_says_so():
    with FakeProvider("length") as fake:
        assert ask(Provider(settings_for(fake))) == [ChatDelta("The"), ChatDelta(" tower"), ChatEnd("length", 40, 2)]


@pytest.mark.parametrize("call", [ask, complete, embed])
@pytest.mark.parametrize("mode", ["401", "403", "404"])
def test_a_refused_key_or_model_is_a_misconfiguration_and_not_asked_again(call, mode):
    error, fake = failure(call, mode)

    assert type(error) is ProviderMisconfigured
    assert len(fake.requests) == 1


@pytest.mark.parametrize("call", [ask, complete, embed])
def test_a_busy_provider_is_asked_again_after_the_time_it_names(call):
    with FakeProvider(["429:0.3", "503:0.3", "ok"]) as fake:
        call(Provider(settings_for(fake)))

    times = [request.at for request in fake.requests]
    assert len(times) == 3
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(times))


@pytest.mark.parametrize("call", [ask, complete, embed])
def test_a_provider_that_stays_busy_is_asked_three_times(call):
    error, fake = failure(call, "429:0")

    assert type(error) is ProviderRateLimited
    assert error.retry_after == 0
    assert len(fake.requests) == 3


def test_a_wait_too_long_for_a_reader_is_handed_on_at_once():
    error, fake = failure(ask, "429:30")

    assert type(error) is ProviderRateLimited
    assert error.retry_after == 30
    assert len(fake.requests) == 1


def test_a_retry_after_may_be_a_date():
    error, fake = failure(ask, "429:Wed, 21 Oct 2099 07:28:00 GMT")

    assert type(error) is ProviderRateLimited
    assert error.retry_after is not None
    assert error.retry_after > 30
    assert len(fake.requests) == 1


def test_a_quota_that_is_used_up_is_not_asked_again():
    error, fake = failure(ask, "quota")

    assert (type(error), str(error)) == (ProviderRateLimited, "The provider's quota is used up.")
    assert len(fake.requests) == 1


@pytest.mark.parametrize("call", [ask, complete, embed])
def test_a_provider_that_fails_is_asked_three_times(call):
    error, fake = failure(call, "500")

    assert type(error) is ProviderUnavailable
    assert len(fake.requests) == 3


def test_no_retry_goes_beyond_the_time_of_the_call():
    _, fake = failure(ask, "500", retry_seconds=1, total_seconds=0.8)

    assert len(fake.requests) == 1


@pytest.mark.parametrize("call", [ask, complete, embed])
@pytest.mark.parametrize("mode", ["refused", "hang_connect"])
def test_a_provider_that_cannot_be_reached_is_unavailable(call, mode):
    error, _ = failure(call, mode, connect_seconds=0.2)

    assert (type(error), str(error)) == (ProviderUnavailable, "The provider cannot be reached.")


@pytest.mark.parametrize("call", [ask, complete])
def test_a_provider_that_never_begins_is_given_up_and_not_asked_again(call):
    error, fake = failure(call, "hang", first_token_seconds=0.3, idle_seconds=0.3)

    assert (type(error), str(error)) == (ProviderUnavailable, "The model did not begin to answer within 0.3 seconds.")
    assert len(fake.requests) == 1


def test_a_question_waits_for_its_vector_as_for_a_first_token():
    error, _ = failure(lambda provider: provider.embed(["one"], EMBEDDING, 1536), "hang", first_token_seconds=0.3)

    assert type(error) is ProviderUnavailable


def test_a_batch_of_vectors_may_take_the_whole_time():
    error, _ = failure(embed, "hang", first_token_seconds=0.01, total_seconds=0.3)

    assert str(error) == "The model did not begin to answer within 0.3 seconds."


def test_headers_are_no_answer():
    error, _ = failure(ask, "hang_first_token", first_token_seconds=0.3, idle_seconds=0.3)

    assert type(error) is ProviderUnavailable


def test_comments_that_keep_the_connection_alive_are_no_answer():
    error, _ = failure(ask, "keepalive", first_token_seconds=0.3)

    assert (type(error), str(error)) == (ProviderUnavailable, "The model did not begin to answer within 0.3 seconds.")


def test_an_answer_that_never_ends_is_cut_off():
    error, _ = failure(ask, "trickle", total_seconds=0.5)

    assert (type(error), str(error)) == (ProviderUnavailable, "The model did not finish within 0.5 seconds.")


@pytest.mark.parametrize("mode", ["cut:3", "hang_mid:3", "error_in_stream"])
def test_an_answer_that_breaks_off_gives_its_beginning_then_fails(mode):
    with FakeProvider(mode) as fake:
        provider = Provider(settings_for(fake, first_token_seconds=1, idle_seconds=1))
        stream = provider.stream_chat(PROMPT, MODEL, max_tokens=100)
        received = [next(stream)]
        with pytest.raises(ProviderUnavailable):
            received.extend(stream)

    assert received[0] == ChatDelta("The")
    assert len(fake.requests) == 1  # what was begun is never begun again


@pytest.mark.parametrize("mode", ["empty_choices", "bad_json"])
@pytest.mark.parametrize("call", [ask, complete])
def test_nonsense_for_an_answer_is_a_bad_response(call, mode):
    error, fake = failure(call, mode)

    assert type(error) is ProviderBadResponse
    assert len(fake.requests) == 1


@pytest.mark.parametrize("mode", ["bad_json", "wrong_count", "wrong_dimension", "nan"])
def test_wrong_vectors_are_refused_whole(mode):
    error, _ = failure(embed, mode)

    assert type(error) is ProviderBadResponse


@pytest.mark.parametrize("mode", ["content_filter", "content_filter_400"])
@pytest.mark.parametrize("call", [ask, complete])
def test_a_content_filter_is_a_refusal(call, mode):
    error, _ = failure(call, mode)

    assert type(error) is ProviderRefusedContent


def test_a_request_that_is_too_much_is_a_refusal():
    error, fake = failure(embed, "400")

    assert type(error) is ProviderRefusedContent
    assert len(fake.requests) == 1


def test_a_reader_who_leaves_ends_the_call():
    with FakeProvider("hang_mid:2") as fake:
        stream = Provider(settings_for(fake, idle_seconds=60)).stream_chat(PROMPT, MODEL, max_tokens=100)
        assert [next(stream), next(stream)] == [ChatDelta("The"), ChatDelta(" tower")]
        stream.close()

        assert fake.requests[0].client_left.wait(timeout=10)


@pytest.mark.parametrize(
    ("parameter", "instead"), [("max_tokens", "max_completion_tokens"), ("temperature", None), ("stream_options", None)]
)
def test_a_parameter_the_model_does_not_know_is_left_out_from_then_on(parameter, instead):
    with FakeProvider(f"unknown_parameter:{parameter}") as fake:
        provider = Provider(settings_for(fake))
        for _ in range(2):
            events = list(provider.stream_chat(PROMPT, MODEL, max_tokens=100, temperature=0.2))
            assert "".join(event.text for event in events if isinstance(event, ChatDelta)) == ANSWER

    assert [parameter in request.body for request in fake.requests] == [True, False, False]
    assert instead is None or fake.requests[-1].body[instead] == 100
