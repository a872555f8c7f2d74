"""The small plots of the admin's first page: the last days' questions, times and tokens, and a table of the same.

Draws figures that were counted already; asks nothing of the database or of permissions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from answers.figures import Day, Spent, Times
from answers.spending import cost_in_words
from qabot.bars import Bar, columns

SLOW_DECIMALS_BELOW = 10_000  # milliseconds; longer times are told in whole seconds


@dataclass(frozen=True)
class Fact:
    """A figure below a plot, and where it leads; empty: nowhere."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Plot:
    """A column a day. `keys` name the parts of a bar, from the bottom."""

    name: str
    title: str
    value: str
    url: str
    bars: tuple[Bar, ...]
    keys: tuple[str, str]
    facts: tuple[Fact, ...]
    empty: str

    @property
    def drawn(self) -> bool:
        return any(bar.pieces for bar in self.bars)


@dataclass(frozen=True)
class Row:
    """A day of the table."""

    day: date
    url: str
    asked: Day | None
    spent: Spent | None
    median: str
    p95: str
    cost: str


def questions_plot(days: Sequence[Day], *, feedback: bool) -> Plot:
    """Questions a day, those that were refused on top. `feedback`: whether disliked answers may be told of."""
    questions, refused = sum(day.questions for day in days), sum(day.refused for day in days)
    disliked = sum(day.disliked for day in days)
    since = f"?created_at__gte={days[0].day:%Y-%m-%d}T00:00Z"
    facts = [
        Fact(
            _("%(count)s refused (%(percent)s %%)")
            % {"count": number(refused), "percent": round(100 * refused / questions)},
            _answers(f"{since}&mode__exact=refused"),
        )
        if questions
        else None,
        Fact(
            ngettext("%(count)s disliked", "%(count)s disliked", disliked) % {"count": number(disliked)},
            _answers(f"{since}&feedback__helpful__exact=0"),
        )
        if questions and feedback
        else None,
    ]
    return Plot(
        "questions",
        _("Questions"),
        number(questions),
        _answers(since),
        columns([_questions_of(day) for day in days], [(day.questions - day.refused, day.refused) for day in days]),
        (_("answered"), _("refused")),
        tuple(filter(None, facts)),
        _("Nothing was asked in these days."),
    )


def times_plot(days: Sequence[Day], times: Times) -> Plot:
    """How long answers took: the median, and above it up to what 95 of 100 did not exceed."""
    stacks = [(day.median_ms or 0, (day.p95_ms or 0) - (day.median_ms or 0)) for day in days]
    slowest = _("%(time)s for the slowest 5 %%") % {"time": seconds(times.p95_ms)}
    return Plot(
        "times",
        _("Time to an answer, median"),
        seconds(times.median_ms),
        _answers(f"?created_at__gte={days[0].day:%Y-%m-%d}T00:00Z"),
        columns([_times_of(day) for day in days], stacks),
        (_("median"), _("95th percentile")),
        () if times.p95_ms is None else (Fact(slowest),),
        _("No answer was timed in these days."),
    )


def spending_plot(spent: Sequence[Spent]) -> Plot:
    """Tokens a day, of questions and, on top, of indexing."""
    tokens = sum(day.asking + day.indexing for day in spent)
    cost = cost_in_words(sum(day.cost_microdollars for day in spent), sum(day.unpriced_tokens for day in spent))
    return Plot(
        "spending",
        _("Tokens"),
        number(tokens),
        reverse("admin:answers_tokensspent_changelist"),
        columns([_spent_on(day) for day in spent], [(day.asking, day.indexing) for day in spent]),
        (_("questions"), _("indexing")),
        (Fact(_("cost %(sum)s") % {"sum": cost}),) if tokens else (),
        _("No model was paid in these days."),
    )


def rows_of(asked: Sequence[Day], spent: Sequence[Spent]) -> tuple[Row, ...]:
    """The table, the latest day first; either sequence may be empty."""
    by_day: dict[date, tuple[Day | None, Spent | None]] = {day.day: (day, None) for day in asked}
    by_day |= {day.day: (by_day.get(day.day, (None, None))[0], day) for day in spent}
    return tuple(_row(day, *by_day[day]) for day in sorted(by_day, reverse=True))


def number(value: float) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def seconds(milliseconds: float | None) -> str:
    """For people: "0.84 s", "12 s"; a dash for None."""
    if milliseconds is None:
        return "–"
    decimals = 0 if milliseconds >= SLOW_DECIMALS_BELOW else 1 if milliseconds >= 1000 else 2
    return _("%(seconds)s s") % {"seconds": number_format(milliseconds / 1000, decimals)}


def _row(day: date, asked: Day | None, spent: Spent | None) -> Row:
    cost = cost_in_words(spent.cost_microdollars, spent.unpriced_tokens) if spent else ""
    on_day = f"?created_at__year={day.year}&created_at__month={day.month}&created_at__day={day.day}"
    url = _answers(on_day) if asked else ""
    times = (asked.median_ms, asked.p95_ms) if asked else (None, None)
    return Row(day, url, asked, spent, seconds(times[0]), seconds(times[1]), cost)


def _answers(query: str) -> str:
    return reverse("admin:answers_answer_changelist") + query


def _questions_of(day: Day) -> str:
    words = ngettext("%(day)s: %(count)s question", "%(day)s: %(count)s questions", day.questions)
    told = words % {"day": _short(day.day), "count": number(day.questions)}
    return told + (_(", %(count)s refused") % {"count": number(day.refused)} if day.refused else "")


def _times_of(day: Day) -> str:
    words = {"day": _short(day.day), "median": seconds(day.median_ms), "p95": seconds(day.p95_ms)}
    return _("%(day)s: median %(median)s, 95th percentile %(p95)s") % words


def _spent_on(spent: Spent) -> str:
    cost = cost_in_words(spent.cost_microdollars, spent.unpriced_tokens)
    words = {"day": _short(spent.day), "tokens": number(spent.asking + spent.indexing), "cost": cost}
    return _("%(day)s: %(tokens)s tokens, %(cost)s") % words


def _short(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")
