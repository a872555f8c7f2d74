"""How golden questions, runs and results look in the admin's lists. Asks nothing of permissions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from answers.evaluation.models import EvaluationRun, GoldenQuestion

QUESTION_CHARACTERS = 100  # of a question in the list
RESULT_WORDS = {True: "Passed", False: "Failed", None: "Not asked yet"}


class GoldenQuestionColumns:
    @admin.display(description="question", ordering="question")
    def short_question(self, golden: GoldenQuestion) -> str:
        return truncatechars(golden.question, QUESTION_CHARACTERS)

    @admin.display(description="expects")
    def expects(self, golden: GoldenQuestion) -> str:
        if not golden.answerable:
            return "a refusal"
        parts = {"document": golden.expected_document, "quote": golden.expected_quote, "words": golden.expected_text}
        return ", ".join(name for name, value in parts.items() if value)

    @admin.display(description="last result", ordering="last_passed")
    def last_result(self, golden: Any) -> str:
        words = RESULT_WORDS[golden.last_passed]
        if golden.last_run is None:
            return words
        page = reverse("admin:evaluation_evaluationrun_change", args=[golden.last_run])
        kind = "passed" if golden.last_passed else "failed"
        return format_html('<a class="verdict {}" href="{}">{}</a>', kind, page, words)

    @admin.display(description="collection", ordering="collection__name", empty_value="(deleted: not asked any more)")
    def asked_of(self, golden: GoldenQuestion) -> Any:
        return golden.collection


def figure_column(name: str, title: str) -> Callable[[Any, EvaluationRun], str]:
    """A column of one share of a run, in percent."""

    @admin.display(description=title)
    def column(self: Any, run: EvaluationRun) -> str:
        return f"{run.figures[name]:.0%}" if name in run.figures else "–"

    return column


class EvaluationRunColumns:
    passed = figure_column("passed", "passed")
    document = figure_column("document", "document")
    quote = figure_column("quote", "quote")
    text = figure_column("text", "words")
    answered = figure_column("answered", "answered")
    refused = figure_column("refused", "refused")

    @admin.display(description="started", ordering="created_at")
    def started(self, run: EvaluationRun) -> str:
        return date_format(localtime(run.created_at), "Y-m-d H:i")

    @admin.display(description="by", empty_value="command line")
    def by(self, run: EvaluationRun) -> Any:
        return run.started_by

    @admin.display(description="questions", ordering="total")
    def questions(self, run: EvaluationRun) -> str:
        count = f"{run.done:,}" if run.done == run.total else f"{run.done:,} of {run.total:,}"
        return count if run.whole else f"{count} (selected)"

    @admin.display(description="ms")
    def median_ms(self, run: EvaluationRun) -> str:
        return f"{run.figures['median_ms']:,.0f}" if "median_ms" in run.figures else "–"
