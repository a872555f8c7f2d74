"""What QABot keeps of its own quality: golden questions, the runs that asked them, and a result for each.

A result keeps the question's words and its collection itself, so that a run stays readable when the question is edited
or deleted, and closed to those who may not read the collection. Knows nothing of asking or judging.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from answers.evaluation.querysets import EvaluationRunQuerySet, GoldenQuestionQuerySet, GoldenResultQuerySet
from answers.models import Answer
from documents.models import Collection

EXPECTS_NOTHING = Q(expected_document="", expected_quote="", expected_text="")


class GoldenQuestion(models.Model):
    """A question with what its answer should rest on and say, or that it should be refused.

    The document is expected by its name: that is what stays the same when it is uploaded again. Without a collection
    (it was deleted) there is nothing to ask the question of.
    """

    question = models.TextField()
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="golden_questions"
    )
    expected_document = models.CharField(max_length=255, blank=True)
    expected_quote = models.TextField(blank=True)
    expected_text = models.TextField(blank=True)
    answerable = models.BooleanField(_("the documents hold the answer"), default=True)
    note = models.TextField(blank=True)
    source_answer = models.ForeignKey(
        Answer, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[GoldenQuestionQuerySet] = GoldenQuestionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["collection_id", "pk"]
        constraints = [
            # By its hash: a long question does not fit an index.
            models.UniqueConstraint(
                "collection",
                MD5("question"),
                name="golden_question_once",
                violation_error_message=_("This question is a test of this collection already."),
            ),
            models.CheckConstraint(condition=~Q(question=""), name="golden_question_not_empty"),
            models.CheckConstraint(condition=Q(answerable=False) | ~EXPECTS_NOTHING, name="golden_expects_something"),
            models.CheckConstraint(condition=Q(answerable=True) | EXPECTS_NOTHING, name="golden_refusal_expects_none"),
        ]

    def __str__(self) -> str:
        return self.question[:80]


class RunState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class EvaluationRun(models.Model):
    """Golden questions asked at one time, and the work to ask them: the row is the job.

    A worker holds it while `lease_until` (the database's clock) lies ahead and `lease_token` is its own.
    """

    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    question_ids = ArrayField(models.BigIntegerField())  # what to ask, in this order
    whole = models.BooleanField()  # all questions there were, not a selection
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.PENDING)
    done = models.IntegerField(default=0)  # questions
    total = models.IntegerField()
    error = models.TextField(blank=True)
    versions = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)  # of the finished run: shares by name, and median_ms
    attempts = models.IntegerField(default=0)  # claims since the last result
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EvaluationRunQuerySet] = EvaluationRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="run_failed_with_reason"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False, lease_token__isnull=False),
                name="run_running_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False), name="run_done_has_finished_at"
            ),
            models.CheckConstraint(condition=Q(done__gte=0, total__gt=0, done__lte=F("total")), name="run_progress"),
        ]

    def __str__(self) -> str:
        return gettext("Run %(number)d") % {"number": self.pk}

    @property
    def progress_percent(self) -> int:
        return 100 * self.done // self.total

    @property
    def busy(self) -> bool:
        return self.state in (RunState.PENDING, RunState.RUNNING)


class GoldenResult(models.Model):
    """What one run found for one question. A check that the question did not call for is null; ranks count from 1."""

    run = models.ForeignKey(
        EvaluationRun, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="results"
    )
    golden = models.ForeignKey(
        GoldenQuestion, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="results"
    )
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    question = models.TextField()
    answerable = models.BooleanField()
    passed = models.BooleanField()
    document_found = models.BooleanField(null=True)
    document_rank = models.IntegerField(null=True)
    quote_found = models.BooleanField(null=True)
    quote_rank = models.IntegerField(null=True)
    text_found = models.BooleanField(null=True)
    refused = models.BooleanField()
    mode = models.CharField(max_length=20, blank=True)  # answers.models.Mode; empty if it could not be answered
    confidence = models.FloatField(null=True)
    answer_text = models.TextField(blank=True)
    note = models.TextField(blank=True)  # what kept it from passing, or what the answer's reader was told
    latency_ms = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[GoldenResultQuerySet] = GoldenResultQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "golden"], name="golden_result_once")]

    def __str__(self) -> str:
        return self.question[:80]

    @property
    def rank(self) -> int | None:
        """Of the right passage: that of the quote if one is expected, else of the document."""
        return self.document_rank if self.quote_found is None else self.quote_rank

    @property
    def checks_held(self) -> int:
        checks = (self.document_found, self.quote_found, self.text_found, self.refused != self.answerable)
        return sum(bool(check) for check in checks)
