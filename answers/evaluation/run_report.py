"""What the page of a run shows: its figures beside another run's, what got better and worse, and its results.

Knows nothing of requests. Results of collections that a person may not read are only counted.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from answers.evaluation.chart import Chart, Point, draw
from answers.evaluation.comparing import Comparison, Standing, compare
from answers.evaluation.golden import FIGURES
from answers.evaluation.models import EvaluationRun, GoldenResult
from documents.models import Worker
from qabot.local_numbers import grouped

RUNS_DRAWN = 30  # latest ones
DRAWN = ("passed", "document", "quote", "refused")
WORKER_SEEN = timedelta(seconds=60)
MOVED_SHOWN = 100  # questions that got better, and as many that got worse


@dataclass(frozen=True)
class FigureRow:
    """One figure of a run and of the run it is compared with: shares in percent, or milliseconds."""

    title: str
    value: float | None
    before: float | None
    unit: str

    @property
    def shown(self) -> str:
        return self._words(self.value)

    @property
    def shown_before(self) -> str:
        return self._words(self.before)

    @property
    def change(self) -> str:
        """With its sign; a difference of two shares is in points."""
        if self.value is None or self.before is None:
            return ""
        change = round(self.value - self.before)
        if not change:
            return _("same")
        sign = "+" if change > 0 else "\N{MINUS SIGN}"
        return f"{sign}{grouped(abs(change))} {_('points') if self.unit == '%' else self.unit}"

    def _words(self, value: float | None) -> str:
        return "–" if value is None else f"{grouped(round(value))} {self.unit}"


@dataclass(frozen=True)
class Move:
    """A question that got better or worse; `edited` if it was changed between the two runs."""

    before: GoldenResult
    after: GoldenResult
    edited: bool


@dataclass(frozen=True)
class Difference:
    """What changed since another run."""

    other: EvaluationRun
    comparison: Comparison
    better: tuple[Move, ...]
    worse: tuple[Move, ...]


@dataclass(frozen=True)
class VersionRow:
    name: str
    value: str
    before: str | None  # where it was another


@dataclass(frozen=True)
class RunReport:
    run: EvaluationRun
    figures: tuple[FigureRow, ...]
    difference: Difference | None
    versions: tuple[VersionRow, ...]
    results: QuerySet[GoldenResult]
    hidden: int  # results of collections that this person may not read


def report_of(run: EvaluationRun, other: EvaluationRun | None, actor: Any) -> RunReport:
    """A run as `actor` may read it, compared with another one where there is one."""
    results = run.results.visible_to(actor).failed_first().select_related("golden", "collection")
    return RunReport(
        run=run,
        figures=_figure_rows(run, other),
        difference=_difference(run, other, actor) if other else None,
        versions=_version_rows(run, other),
        results=results,
        hidden=run.results.count() - results.count(),
    )


def usual_other(run: EvaluationRun) -> EvaluationRun | None:
    """The run that a run is compared with unless another one is chosen: the one before it, of the same kind."""
    return EvaluationRun.objects.finished().before(run).filter(whole=run.whole).first()


def chart_of_runs() -> Chart | None:
    """A plot of the latest finished runs that asked everything; None where there is none."""
    runs = list(EvaluationRun.objects.finished().filter(whole=True).exclude(figures={})[:RUNS_DRAWN])[::-1]
    points = [Point(str(run), short_date(run), {k: run.figures[k] for k in DRAWN if k in run.figures}) for run in runs]
    return draw(points, {name: _(FIGURES[name]) for name in DRAWN}) if points else None


def worker_is_there() -> bool:
    """Tell whether a worker was seen lately, by the database's clock."""
    return Worker.objects.filter(seen_at__gt=Now() - WORKER_SEEN).exists()


def short_date(run: EvaluationRun) -> str:
    return date_format(localtime(run.created_at), "SHORT_DATETIME_FORMAT")


def _figure_rows(run: EvaluationRun, other: EvaluationRun | None) -> tuple[FigureRow, ...]:
    now, then = run.figures, other.figures if other else {}
    rows = [
        FigureRow(_(title), _percent(now.get(name)), _percent(then.get(name)), "%")
        for name, title in FIGURES.items()
        if name in now or name in then
    ]
    if "median_ms" in now:
        rows.append(FigureRow(_("median time"), now["median_ms"], then.get("median_ms"), "ms"))
    return tuple(rows)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _difference(run: EvaluationRun, other: EvaluationRun, actor: Any) -> Difference:
    then, now = _by_question(other, actor), _by_question(run, actor)
    comparison = compare(_standings(then), _standings(now))
    return Difference(
        other=other,
        comparison=comparison,
        better=_moves(comparison.better, then, now),
        worse=_moves(comparison.worse, then, now),
    )


def _by_question(run: EvaluationRun, actor: Any) -> dict[Hashable, GoldenResult]:
    """By its words, so that a question that was deleted and imported again is the same one."""
    rows = run.results.visible_to(actor).select_related("golden", "collection")
    return {(row.collection_id, row.question): row for row in rows}


def _standings(results: Mapping[Hashable, GoldenResult]) -> dict[Hashable, Standing]:
    return {key: Standing(row.passed, row.checks_held, row.rank) for key, row in results.items()}


def _moves(
    keys: Sequence[Hashable], then: Mapping[Hashable, GoldenResult], now: Mapping[Hashable, GoldenResult]
) -> tuple[Move, ...]:
    return tuple(Move(then[key], now[key], _edited(then[key], now[key])) for key in keys[:MOVED_SHOWN])


def _edited(before: GoldenResult, after: GoldenResult) -> bool:
    golden = after.golden
    return golden is not None and before.created_at < golden.updated_at < after.created_at


def _version_rows(run: EvaluationRun, other: EvaluationRun | None) -> tuple[VersionRow, ...]:
    then = other.versions if other else run.versions
    return tuple(
        VersionRow(name.replace("_", " "), value, then[name] if then.get(name, value) != value else None)
        for name, value in run.versions.items()
    )
