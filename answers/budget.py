"""What may be spent on models in a day, and what was: reserved before a model is called, settled afterwards.

Days are the database's, in UTC. Knows nothing of questions, prompts or HTTP. Whoever is killed in between leaves its
reservation counted: too much rather than too little.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import DatabaseError, transaction

from answers.generation import Generation
from answers.models import TokensSpent
from qabot.prices import Price, price_of

WHOLE_APP = ""
INDEXING = "indexing"
KEPT = timedelta(days=400)  # a year can be compared with the one before

log = logging.getLogger(__name__)


class BudgetSpent(Exception):
    """What is left of today's budget does not suffice. The message is for the reader."""


@dataclass(frozen=True)
class Spender:
    """Whose question it is: nobody's, but the whole app's, where neither a person nor a key asks."""

    user_id: int | None = None
    key_id: int | None = None


@dataclass(frozen=True)
class DailyTokens:
    """Most tokens a day; None: no limit."""

    app: int | None = None
    user: int | None = None
    key: int | None = None
    indexing: int | None = None

    def of(self, subject: str) -> int | None:
        """The limit of a subject, as TokensSpent names it."""
        return self.app if subject == WHOLE_APP else getattr(self, subject.partition(":")[0])


@dataclass
class Bill:
    """What one answer has cost so far. `cost_microdollars` is None once a model's price was not known."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_microdollars: int | None = 0

    def add(self, used: Generation, microdollars: int | None) -> None:
        self.prompt_tokens += used.prompt_tokens
        self.completion_tokens += used.completion_tokens
        self.add_cost(microdollars)

    def add_cost(self, microdollars: int | None) -> None:
        if self.cost_microdollars is not None:
            self.cost_microdollars = None if microdollars is None else self.cost_microdollars + microdollars


@dataclass(frozen=True)
class Budget:
    """What these subjects may spend, and at which prices. Without anything: counted for the whole app, no limits."""

    subjects: tuple[str, ...] = (WHOLE_APP,)
    limits: DailyTokens = DailyTokens()
    prices: Mapping[str, Price] = field(default_factory=dict)

    @contextmanager
    def spending(self, model: str, most_tokens: int, bill: Bill) -> Iterator[Generation]:
        """Reserve for one call of a model; what the caller notes in the Generation is settled and put on the bill.

        However the call ends. Raises BudgetSpent before it if the reservation would exceed a limit.
        """
        rows = self._reserve(most_tokens)
        used = Generation()
        try:
            yield used
        finally:
            bill.add(used, self.cost(model, used))
            self._settle(rows, model, used, most_tokens)

    def charge(self, model: str, prompt_tokens: int) -> int | None:
        """Count what was spent without asking whether it may be; microdollars, None if the price is not known."""
        used = Generation(prompt_tokens=prompt_tokens)
        with transaction.atomic():
            self._settle([row.pk for row in _locked_rows(self.subjects)], model, used, reserved=0)
        return self.cost(model, used)

    def cost(self, model: str, used: Generation) -> int | None:
        """Microdollars; None if the model's price is not known and something was used."""
        if not (used.prompt_tokens or used.completion_tokens):
            return 0
        price = price_of(model, self.prices)
        return None if price is None else price.microdollars(used.prompt_tokens, used.completion_tokens)

    def _reserve(self, tokens: int) -> list[int]:
        with transaction.atomic():
            rows = _locked_rows(self.subjects)
            for row in rows:
                limit = self.limits.of(row.subject)
                if limit is not None and row.tokens + tokens > limit:
                    raise BudgetSpent("Today's budget is used up. It starts again at 00:00 UTC.")
            ids = [row.pk for row in rows]
            TokensSpent.objects.filter(pk__in=ids).add(tokens=tokens)
        return ids

    def _settle(self, rows: list[int], model: str, used: Generation, reserved: int) -> None:
        """Put what was used in the place of a reservation."""
        tokens, cost = used.prompt_tokens + used.completion_tokens, self.cost(model, used)
        try:
            with transaction.atomic():
                TokensSpent.objects.filter(pk__in=rows).locked()
                TokensSpent.objects.filter(pk__in=rows).add(
                    tokens=tokens - reserved, cost_microdollars=cost or 0, unpriced_tokens=tokens if cost is None else 0
                )
        except DatabaseError as error:
            # The answer is worth more than exact books: the reservation stays counted.
            log.warning("spending not settled", extra={"reason": type(error).__name__, "tokens": tokens})


def subjects_of(spender: Spender) -> tuple[str, ...]:
    """What a question is counted for, as TokensSpent names it: the whole app, the key, its owner."""
    subjects = [WHOLE_APP]
    if spender.key_id is not None:
        subjects.append(f"key:{spender.key_id}")
    if spender.user_id is not None:
        subjects.append(f"user:{spender.user_id}")
    return tuple(subjects)


def _locked_rows(subjects: tuple[str, ...]) -> list[TokensSpent]:
    """Today's rows, locked until the transaction ends; the first of a day makes them, and forgets the oldest.

    The whole app's row is always locked first: nobody who holds another one waits for whoever waits for it.
    """
    rows = TokensSpent.objects.today().filter(subject__in=subjects).locked()
    if len(rows) < len(subjects):
        TokensSpent.objects.open_today(subjects)
        if WHOLE_APP in subjects:
            TokensSpent.objects.older_than(KEPT).delete()
        rows = TokensSpent.objects.today().filter(subject__in=subjects).locked()
    return rows
