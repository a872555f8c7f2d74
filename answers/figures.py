"""What was asked and spent on each of the last days, counted for the administrator. Judges nothing.

Days are UTC, by the database's clock. Knows nothing of requests or of how figures look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from answers.budget import INDEXING, WHOLE_APP
from answers.models import TokensSpent
from answers.querysets import AnswerQuerySet

DAYS = 14


@dataclass(frozen=True)
class Day:
    """One day's figures. Times are milliseconds, None where nothing was answered."""

    day: date
    questions: int = 0
    refused: int = 0
    failed: int = 0
    disliked: int = 0
    median_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True)
class Times:
    """How long answers of all the days took, in milliseconds; None where nothing was answered."""

    median_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True)
class Spent:
    """What was spent on a day: by questions and by indexing, in tokens, and what is known of both costs."""

    day: date
    asking: int = 0
    indexing: int = 0
    cost_microdollars: int = 0
    unpriced_tokens: int = 0


def last_days(today: date) -> tuple[date, ...]:
    """Oldest first, with today."""
    return tuple(today - timedelta(days=ago) for ago in reversed(range(DAYS)))


def asked_by_day(answers: AnswerQuerySet, today: date) -> tuple[Day, ...]:
    """A figure for each of the last days, those without questions too."""
    rows: dict[date, Mapping[str, Any]] = {row["day"]: row for row in answers.since(last_days(today)[0]).by_day()}
    return tuple(Day(**rows[day]) if day in rows else Day(day) for day in last_days(today))


def answering_times(answers: AnswerQuerySet, today: date) -> Times:
    return Times(**answers.since(last_days(today)[0]).times())


def spent_by_day(today: date) -> tuple[Spent, ...]:
    """Each of the last days, of the whole app: questions and indexing."""
    rows = TokensSpent.objects.not_older_than(timedelta(days=DAYS - 1)).filter(subject__in=(WHOLE_APP, INDEXING))
    by_day: dict[date, dict[str, TokensSpent]] = {}
    for row in rows:
        by_day.setdefault(row.day, {})[row.subject] = row
    return tuple(_spent(day, by_day.get(day, {})) for day in last_days(today))


def _spent(day: date, rows: Mapping[str, TokensSpent]) -> Spent:
    return Spent(
        day,
        asking=rows[WHOLE_APP].tokens if WHOLE_APP in rows else 0,
        indexing=rows[INDEXING].tokens if INDEXING in rows else 0,
        cost_microdollars=sum(row.cost_microdollars for row in rows.values()),
        unpriced_tokens=sum(row.unpriced_tokens for row in rows.values()),
    )
