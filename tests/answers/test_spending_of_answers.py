"""What answers spend: counted however they end, and quoted instead of written once nothing is left."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from answers.answering import AnsweringOptions, answer_events, ask, begin_answer
from answers.budget import Budget, DailyTokens, Spender, subjects_of
from answers.events import TextDelta
from answers.generation import ANSWER_TOKENS, REWRITE_TOKENS, Writer
from answers.models import Answer, AnswerStatus, Conversation, Mode, TokensSpent
from answers.refusal import REFUSAL
from answers.serializing import answer_json
from documents.scoping import scope_for
from qabot.prices import Price
from qabot.provider import Provider, ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

TOWER = "The Eiffel Tower is a lattice tower in Paris. It is 330 metres tall. It was built from 1887 to 1889."
QUESTION = "How tall is the Eiffel Tower?"
PRICES = {"fake-chat": Price(Decimal(1), Decimal(2))}
SPENT_NOTICE = (
    "Today's budget for written answers is used up: these are the sentences of your documents that answer best. "
    "It starts again at 00:00 UTC."
)


@pytest.fixture
def alice(db):
    index_text(make_collection(), "eiffel-tower.txt", TOWER)
    return make_user()


def writing_with(provider: FakeProvider, budget: Budget, **times: Any) -> AnsweringOptions:
    settings = ProviderSettings(provider.base_url, "key", retry_seconds=0.01, **times)
    return AnsweringOptions(Writer(Provider(settings), "fake-chat"), 6000, budget)


def asked(person, options: AnsweringOptions, question: str = QUESTION, talk: Conversation | None = None) -> Answer:
    talk = talk or Conversation.objects.create(owner=person)
    return ask(question, talk, scope_for(person, None, None), options)


def tokens() -> dict[str, int]:
    return dict(TokensSpent.objects.values_list("subject", "tokens"))


def test_a_written_answer_costs_what_the_provider_counted(alice):
    spender = Spender(user_id=alice.pk, key_id=7)
    with FakeProvider() as provider:
        answer = asked(alice, writing_with(provider, Budget(subjects_of(spender), prices=PRICES)))

    used = answer.prompt_tokens + answer.completion_tokens
    assert answer.mode == Mode.GENERATED and answer.prompt_tokens > 50 and answer.completion_tokens > 3
    assert tokens() == {"": used, "key:7": used, f"user:{alice.pk}": used}
    assert answer.cost_microdollars == answer.prompt_tokens + 2 * answer.completion_tokens
    assert TokensSpent.objects.get(subject="").cost_microdollars == answer.cost_microdollars
    assert answer_json(answer)["usage"] == {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cost_usd": answer.cost_microdollars / 1_000_000,
    }
    [request] = provider.requests
    assert request.body["max_tokens"] == ANSWER_TOKENS


def test_where_nobody_counts_an_estimate_is_settled_and_an_unknown_price_is_said(alice):
    with FakeProvider("no_usage") as provider:
        answer = asked(alice, writing_with(provider, Budget()))

    assert answer.prompt_tokens > 200 and answer.completion_tokens >= len(answer.text) // 5
    assert tokens() == {"": answer.prompt_tokens + answer.completion_tokens}
    assert answer.cost_microdollars is None
    assert answer_json(answer)["usage"]["cost_usd"] is None


def test_a_reader_who_leaves_pays_for_the_prompt_and_what_was_written(alice):
    talk, scope = Conversation.objects.create(owner=alice), scope_for(alice, None, None)
    with FakeProvider("trickle") as provider:
        answer = begin_answer(QUESTION, talk, scope)
        events = answer_events(answer, scope, writing_with(provider, Budget(prices=PRICES)))
        for event in events:
            if isinstance(event, TextDelta) and len(answer.text) > 30:
                break
        events.close()

    stored = Answer.objects.get(pk=answer.pk)
    assert (stored.status, stored.model) == (AnswerStatus.INTERRUPTED, "fake-chat")
    assert stored.prompt_tokens > 200 and 5 < stored.completion_tokens < 30
    assert tokens() == {"": stored.prompt_tokens + stored.completion_tokens}
    assert stored.cost_microdollars == stored.prompt_tokens + 2 * stored.completion_tokens


@pytest.mark.parametrize("mode", ["401", "429", "500", "refused"])
def test_a_call_that_the_provider_did_not_take_costs_nothing(alice, mode):
    with FakeProvider(mode) as provider:
        answer = asked(alice, writing_with(provider, Budget()))

    assert (answer.mode, answer.cost_microdollars, tokens()) == (Mode.EXTRACTED, 0, {"": 0})


@pytest.mark.parametrize("mode", ["hang", "hang_first_token", "empty_choices", "cut:0"])
def test_a_call_that_was_taken_and_came_to_nothing_may_have_to_be_paid(alice, mode):
    with FakeProvider(mode) as provider:
        answer = asked(alice, writing_with(provider, Budget(), first_token_seconds=0.2, idle_seconds=0.2))

    assert (answer.mode, answer.model) == (Mode.EXTRACTED, "")
    assert tokens()[""] == answer.prompt_tokens > 200


@pytest.mark.parametrize("limits", [DailyTokens(app=500), DailyTokens(user=500), DailyTokens(key=500)])
def test_a_spent_budget_quotes_instead_says_so_and_calls_nobody(alice, limits):
    budget = Budget(subjects_of(Spender(user_id=alice.pk, key_id=7)), limits, PRICES)
    with FakeProvider() as provider:
        answer = asked(alice, writing_with(provider, budget))

    assert (answer.mode, answer.status, answer.notice) == (Mode.EXTRACTED, AnswerStatus.DONE, SPENT_NOTICE)
    assert "330 metres" in answer.text
    assert (answer.model, answer.prompt_tokens, answer.cost_microdollars) == ("", 0, 0)
    assert not answer.passages.exclude(number=None).exists()
    assert provider.requests == []
    assert not any(tokens().values())


def test_embedding_a_question_by_a_provider_counts_even_when_nothing_is_left(db, settings):
    budget = Budget(limits=DailyTokens(app=1), prices={"text-embedding-3-small": Price(Decimal("0.02"))})
    with FakeProvider() as provider:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_EMBEDDING_MODEL = "text-embedding-3-small"
        index_text(make_collection(), "eiffel-tower.txt", TOWER)
        answer = asked(make_user(), writing_with(provider, budget), "Quarterly revenue growth?")

    assert (answer.embedding_model, answer.text) == ("text-embedding-3-small", REFUSAL)
    assert answer.notice == (
        "Today's budget for written answers is used up: no sentence of your documents answers by itself. "
        "It starts again at 00:00 UTC."
    )
    assert (tokens(), answer.cost_microdollars, answer.prompt_tokens) == ({"": 6}, 1, 0)


def test_completing_a_follow_up_counts_and_is_bounded(alice):
    talk = Conversation.objects.create(owner=alice)
    with FakeProvider() as provider:
        options = writing_with(provider, Budget(prices=PRICES))
        first = asked(alice, options, talk=talk)
        second = asked(alice, options, "When was it built?", talk)

    rewriting, writing = (request.body for request in provider.requests[1:])
    assert (rewriting["max_tokens"], writing["max_tokens"]) == (REWRITE_TOKENS, ANSWER_TOKENS)
    words = sum(len(message["content"].split()) for body in (rewriting, writing) for message in body["messages"])
    assert second.prompt_tokens == words
    both = sum(answer.prompt_tokens + answer.completion_tokens for answer in (first, second))
    assert tokens() == {"": both}


def test_a_spent_budget_carries_an_earlier_questions_terms_into_a_follow_up(alice):
    talk = Conversation.objects.create(owner=alice)
    with FakeProvider() as provider:
        options = writing_with(provider, Budget())
        asked(alice, options, talk=talk)
        answer = asked(alice, replace(options, budget=Budget(limits=DailyTokens(app=1))), "When was it built?", talk)

    assert len(provider.requests) == 1
    assert "Eiffel" in answer.searched_for and "1889" in answer.text
