"""The daily budget of tokens: reserved before a model is called, settled after, on the real Postgres."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from answers.budget import KEPT, Bill, Budget, BudgetSpent, DailyTokens, Spender, subjects_of
from answers.models import TokensSpent
from qabot.prices import Price

MODEL = "priced"
PRICES = {MODEL: Price(Decimal("0.40"), Decimal("1.60"))}
ALICE = subjects_of(Spender(user_id=5, key_id=3))


def spend(budget: Budget, most: int, prompt: int, completion: int, model: str = MODEL) -> Bill:
    bill = Bill()
    with budget.spending(model, most, bill) as used:
        used.prompt_tokens, used.completion_tokens = prompt, completion
    return bill


def spent() -> dict[str, tuple[int, int, int]]:
    rows = TokensSpent.objects.today()
    return {row.subject: (row.tokens, row.cost_microdollars, row.unpriced_tokens) for row in rows}


def test_a_question_counts_for_the_app_its_key_and_the_keys_owner():
    assert subjects_of(Spender()) == ("",)
    assert ALICE == ("", "key:3", "user:5")


@pytest.mark.django_db
def test_what_was_used_takes_the_place_of_what_was_reserved():
    budget = Budget(ALICE, DailyTokens(), PRICES)
    with budget.spending(MODEL, 1000, Bill()) as used:
        assert set(spent().values()) == {(1000, 0, 0)}
        used.prompt_tokens, used.completion_tokens = 500, 50

    assert spent() == dict.fromkeys(ALICE, (550, 280, 0))


@pytest.mark.django_db
def test_an_error_in_the_middle_settles_too():
    with pytest.raises(ZeroDivisionError), Budget(prices=PRICES).spending(MODEL, 1000, Bill()) as used:
        used.prompt_tokens = 10
        raise ZeroDivisionError

    assert spent() == {"": (10, 4, 0)}


@pytest.mark.django_db
def test_whoever_is_killed_leaves_its_reservation_and_no_more():
    Budget()._reserve(1000)

    assert spent() == {"": (1000, 0, 0)}


@pytest.mark.django_db
@pytest.mark.parametrize("limits", [DailyTokens(app=1000), DailyTokens(user=1000), DailyTokens(key=1000)])
def test_a_limit_of_the_app_a_person_or_a_key_is_kept_to_the_token(limits: DailyTokens):
    budget = Budget(ALICE, limits, PRICES)
    spend(budget, 800, 600, 0)
    spend(budget, 400, 300, 0)
    before = spent()

    with pytest.raises(BudgetSpent):
        spend(budget, 101, 0, 0)

    assert spent() == before == dict.fromkeys(ALICE, (900, 360, 0))
    spend(budget, 100, 100, 0)


@pytest.mark.django_db
def test_one_persons_limit_is_not_anothers():
    limits = DailyTokens(user=1000)
    spend(Budget(subjects_of(Spender(user_id=5)), limits), 1000, 1000, 0)
    spend(Budget(subjects_of(Spender(user_id=6)), limits), 1000, 1000, 0)

    assert {subject: tokens for subject, (tokens, _, _) in spent().items()} == {
        "": 2000,
        "user:5": 1000,
        "user:6": 1000,
    }


@pytest.mark.django_db
def test_a_model_without_a_price_costs_unknown_and_never_nothing():
    budget = Budget(prices=PRICES)
    known, unknown = spend(budget, 10, 10, 0), spend(budget, 10, 7, 0, model="other")
    both = Bill()
    both.add_cost(known.cost_microdollars)
    both.add_cost(unknown.cost_microdollars)

    assert (known.cost_microdollars, unknown.cost_microdollars, both.cost_microdollars) == (4, None, None)
    assert spent() == {"": (17, 4, 7)}


@pytest.mark.django_db
def test_a_charge_is_counted_even_beyond_a_limit():
    assert Budget(limits=DailyTokens(app=5), prices=PRICES).charge(MODEL, 10) == 4
    assert spent() == {"": (10, 4, 0)}


@pytest.mark.django_db
def test_a_new_day_starts_at_nothing_and_old_days_are_forgotten():
    today = timezone.now().date()
    for age in (1, KEPT.days + 1):
        TokensSpent.objects.create(day=today - timedelta(days=age), subject="", tokens=1000)

    spend(Budget(limits=DailyTokens(app=1000)), 1000, 900, 0)

    days = list(TokensSpent.objects.order_by("day").values_list("day", "tokens"))
    assert days == [(today - timedelta(days=1), 1000), (today, 900)]


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"subject": "somebody"}, {"subject": "user:"}, {"tokens": -1}])
def test_the_database_refuses_what_no_row_may_hold(fields: dict[str, object]):
    with pytest.raises(IntegrityError), transaction.atomic():
        TokensSpent.objects.create(day=timezone.now().date(), **{"subject": "", **fields})


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_as_many_get_through_as_the_budget_holds_and_nobody_waits_for_ever():
    asking = threading.Barrier(50)
    outcomes: list[bool] = []

    def ask(number: int) -> None:
        subjects = subjects_of(Spender(user_id=number % 5 + 1, key_id=number % 3 + 1))
        try:
            with Budget(subjects, DailyTokens(app=10_000, user=9_000), PRICES).spending(MODEL, 900, Bill()) as used:
                connection.close()
                outcomes.append(True)
                asking.wait(30)  # every reservation is held until all have asked
                used.prompt_tokens = 950  # the estimate was 50 too low
        except BudgetSpent:
            connection.close()
            outcomes.append(False)
            asking.wait(30)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (outcomes.count(True), outcomes.count(False)) == (11, 39)
    rows = {subject: tokens for subject, (tokens, _, _) in spent().items()}
    assert rows[""] == 11 * 950
    assert sum(tokens for subject, tokens in rows.items() if subject.startswith("user:")) == 11 * 950
    assert sum(tokens for subject, tokens in rows.items() if subject.startswith("key:")) == 11 * 950
