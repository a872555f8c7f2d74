"""What models cost, and sums of money in words. Knows nothing of who spends or how much.

A dollar for a million tokens is a microdollar for one, so prices multiply with tokens as they are.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qabot.environment import Environment

SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")  # gpt-4.1-mini-2025-04-14 costs what gpt-4.1-mini costs
HIGHEST_PRICE = 10_000  # dollars for a million tokens: what is above is a slip of the pen
NOT_A_PRICE = "MODEL_PRICES must be like model=0.40/1.60, other-model=0.02: dollars for a million tokens in and out."


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens, which is microdollars for one."""

    prompt: Decimal
    completion: Decimal = Decimal(0)  # embedding models write nothing

    def microdollars(self, prompt_tokens: int, completion_tokens: int = 0) -> int:
        """Rounded up: many small sums must not add up to nothing."""
        return math.ceil(self.prompt * prompt_tokens + self.completion * completion_tokens)


# OpenAI's standard prices, without the discounts for cached prompts and batches and without the surcharge for prompts
# over 272,000 tokens. November 2026; docs/settings.md names the source.
DEFAULT_PRICES = {
    model: Price(*(Decimal(dollars) for dollars in price.split("/")))
    for model, price in {
        "gpt-6.1-sol": "2/10",
        "gpt-6-astra": "10/50",
        "gpt-6-sol": "2/10",
        "gpt-6-luna": "0.10/0.50",
        "gpt-5.6-terra": "2/12",
        "gpt-5.6-luna": "0.20/1.20",
        "gpt-5.5": "5/30",
        "gpt-5.4": "2.50/15",
        "gpt-5.4-mini": "0.75/4.50",
        "gpt-5.4-nano": "0.20/1.25",
        "gpt-5.2": "1.75/14",
        "gpt-5.1": "1.25/10",
        "gpt-5": "1.25/10",
        "gpt-5-mini": "0.25/2",
        "gpt-5-nano": "0.05/0.40",
        "gpt-4.1": "2/8",
        "gpt-4.1-mini": "0.40/1.60",
        "gpt-4.1-nano": "0.10/0.40",
        "gpt-4o": "2.50/10",
        "gpt-4o-mini": "0.15/0.60",
        "o3": "2/8",
        "o4-mini": "1.10/4.40",
        "text-embedding-3-small": "0.02",
        "text-embedding-3-large": "0.13",
        "text-embedding-ada-002": "0.10",
    }.items()
}


def read_prices(environment: Environment) -> dict[str, Price]:
    """The usual models' prices and those of MODEL_PRICES, which win."""
    given = {}
    for entry in environment.listed("MODEL_PRICES"):
        model, _, price = entry.rpartition("=")
        try:
            given[model.strip()] = _read_price(price)
        except (ValueError, InvalidOperation):
            environment.reject(NOT_A_PRICE)
    if "" in given:
        environment.reject(NOT_A_PRICE)
    return {**DEFAULT_PRICES, **given}


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """A model's price, or that of the model it is a dated snapshot of; None if it is not known."""
    return prices.get(model) or prices.get(SNAPSHOT.sub("", model))


def in_dollars(microdollars: int | None) -> str:
    """A sum for people: to the cent from a dollar up, with two telling digits below; "unknown" for None."""
    if microdollars is None:
        return _("unknown")
    dollars = Decimal(microdollars) / 1_000_000
    if not dollars:
        return _("$%(amount)s") % {"amount": "0"}
    decimals = 2 if dollars >= 1 else max(2, 1 - dollars.adjusted())
    amount = number_format(round(dollars, decimals), decimals, use_l10n=True, force_grouping=True)
    return _("$%(amount)s") % {"amount": amount}


def _read_price(text: str) -> Price:
    amounts = [Decimal(amount.strip()) for amount in text.split("/")]
    if len(amounts) > 2 or not all(amount.is_finite() and 0 <= amount <= HIGHEST_PRICE for amount in amounts):
        raise ValueError(text)
    return Price(*amounts)
