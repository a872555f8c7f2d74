"""How golden questions, runs and results look in the admin's lists. Asks nothing of permissions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.evaluation.models import EvaluationRun, GoldenQuestion
from qabot.local_numbers import grouped

QUESTION_CHARACTERS = 100  # of a question in the list
RESULT_WORDS = {True: _("Passed"), False: _("Failed"), None: _("Not asked yet")}


class GoldenQuestionColumns:
    @admin.display(description=_("question"), ordering="question")
    def short_question(self, golden: GoldenQuestion) -> str:
        return truncatechars(golden.question, QUESTION_CHARACTERS)

    @admin.display(description=_("expects"))
    def expects(self, golden: GoldenQuestion) -> str:
        if not golden.answerable:
            return gettext("a refusal")
        parts = [
            (gettext("document"), golden.expected_document),
            (gettext("quote"), golden.expected_quote),
            (gettext("words"), golden.expected_text),
        ]
        return ", ".join(name for name, value in parts if value)

    @admin.display(description=_("last result"), ordering="last_passed")
    def last_result(self, golden: Any) -> str:
        words = str(RESULT_WORDS[golden.last_passed])
        if golden.last_run is None:
            return words
        page = reverse("admin:evaluation_evaluationrun_change", args=[golden.last_run])
        kind = "passed" if golden.last_passed else "failed"
        return format_html('<a class="verdict {}" href="{}">{}</a>', kind, page, words)

    @admin.display(description=_("collection"), ordering="collection__name")
    def asked_of(self, golden: GoldenQuestion) -> Any:
        return golden.collection or gettext("(deleted: not asked any more)")


def figure_column(name: str, title: Any) -> Callable[[Any, EvaluationRun], str]:
    """A column of one share of a run, in percent."""

    @admin.display(description=title)
    def column(self: Any, run: EvaluationRun) -> str:
        return f"{run.figures[name]:.0%}" if name in run.figures else "–"

    return column


class EvaluationRunColumns:
    passed = figure_column("passed", _("passed"))
    document = figure_column("document", _("document"))
    quote = figure_column("quote", _("quote"))
    text = figure_column("text", _("words"))
    answered = figure_column("answered", _("answered"))
    refused = figure_column("refused", _("refused"))

    @admin.display(description=_("started"), ordering="created_at")
    def started(self, run: EvaluationRun) -> str:
        return date_format(localtime(run.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("by"))
    def by(self, run: EvaluationRun) -> Any:
        return run.started_by or gettext("command line")

    @admin.display(description=_("questions"), ordering="total")
    def questions(self, run: EvaluationRun) -> str:
        count = grouped(run.done)
        if run.done != run.total:
            count = gettext("%(done)s of %(total)s") % {"done": count, "total": grouped(run.total)}
        return count if run.whole else gettext("%(count)s (selected)") % {"count": count}

    @admin.display(description=_("ms"))
    def median_ms(self, run: EvaluationRun) -> str:
        return grouped(round(run.figures["median_ms"])) if "median_ms" in run.figures else "–"
