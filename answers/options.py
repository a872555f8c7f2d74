"""What answering needs to know of the settings. An edge: reads Django's settings, so that answering does not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings

from answers.answering import AnsweringOptions
from answers.budget import INDEXING, Bill, Budget, BudgetSpent, DailyTokens, Spender, subjects_of
from answers.generation import Writer
from answers.prompting import estimate_tokens
from documents.indexing import NotToday
from qabot.provider import provider_for

WHOLE_APP = Spender()


def options_from_settings(spender: Spender = WHOLE_APP) -> AnsweringOptions:
    """For a question that this person or key pays for; by default nobody does but the whole app."""
    provider = settings.QABOT_CHAT_PROVIDER
    writer = Writer(provider_for(provider), settings.QABOT_CHAT_MODEL) if provider is not None else None
    return AnsweringOptions(writer, settings.QABOT_PROMPT_TOKENS, budget_of(spender))


@contextmanager
def paying_for_indexing(model: str, texts: Sequence[str]) -> Iterator[None]:
    """Count what embedding these chunks costs, where it succeeds. Raises NotToday if the day's tokens are used up."""
    budget = Budget((INDEXING,), daily_tokens(), settings.QABOT_MODEL_PRICES)
    tokens = sum(map(estimate_tokens, texts))
    try:
        with budget.spending(model, tokens, Bill()) as used:
            yield
            used.prompt_tokens = tokens
    except BudgetSpent:
        raise NotToday("Today's budget for indexing is used up. This document goes on after 00:00 UTC.") from None


def budget_of(spender: Spender) -> Budget:
    return Budget(subjects_of(spender), daily_tokens(), settings.QABOT_MODEL_PRICES)


def daily_tokens() -> DailyTokens:
    return DailyTokens(**settings.QABOT_DAILY_TOKENS)
