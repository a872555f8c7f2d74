"""What models cost: the price table, what MODEL_PRICES adds to it, and sums in words."""

from decimal import Decimal

import pytest

from qabot.environment import ConfigurationError, Environment
from qabot.prices import DEFAULT_PRICES, NOT_A_PRICE, Price, in_dollars, price_of, read_prices


def prices(given: str) -> dict[str, Price]:
    environment = Environment({"MODEL_PRICES": given})
    read = read_prices(environment)
    environment.check()
    return read


def test_the_usual_models_have_prices_and_those_given_are_added_and_win():
    read = prices("my-model=0.40/1.60, my-embedding = 0.02, gpt-4o=1/2")

    assert read["my-model"] == Price(Decimal("0.40"), Decimal("1.60"))
    assert read["my-embedding"] == Price(Decimal("0.02"), Decimal(0))
    assert read["gpt-4o"] == Price(Decimal(1), Decimal(2))
    assert read["gpt-4.1-mini"] == DEFAULT_PRICES["gpt-4.1-mini"] == Price(Decimal("0.40"), Decimal("1.60"))
    assert prices("") == DEFAULT_PRICES


def test_a_name_may_hold_slashes_colons_and_equals_signs():
    assert prices("openai/gpt:batch=x=1/2")["openai/gpt:batch=x"] == Price(Decimal(1), Decimal(2))


@pytest.mark.parametrize("given", ["model", "model=", "=1/2", "model=a/b", "model=1/2/3", "model=-1", "model=NaN/1"])
def test_what_is_no_price_stops_the_start_with_a_sentence(given: str):
    with pytest.raises(ConfigurationError) as raised:
        prices(given)

    assert str(raised.value) == NOT_A_PRICE


def test_a_dated_snapshot_costs_what_its_model_costs_and_others_are_not_known():
    assert price_of("gpt-4.1-mini-2025-04-14", DEFAULT_PRICES) == DEFAULT_PRICES["gpt-4.1-mini"]
    assert price_of("gpt-4.1-micro", DEFAULT_PRICES) is None


def test_costs_are_rounded_up_so_that_small_ones_add_up():
    mini, small = DEFAULT_PRICES["gpt-4.1-mini"], DEFAULT_PRICES["text-embedding-3-small"]

    assert mini.microdollars(1830, 25) == 772
    assert mini.microdollars(1_000_000, 1_000_000) == 2_000_000
    assert (small.microdollars(1), small.microdollars(0)) == (1, 0)


@pytest.mark.parametrize(
    ("microdollars", "shown"),
    [
        (None, "unknown"),
        (0, "$0"),
        (1, "$0.0000010"),
        (772, "$0.00077"),
        (12_345, "$0.012"),
        (456_000, "$0.46"),
        (1_234_567_891, "$1,234.57"),
    ],
)
def test_a_sum_is_shown_with_two_telling_digits(microdollars: int | None, shown: str):
    assert in_dollars(microdollars) == shown
