"""The queries of golden questions, runs and results, as QuerySets that read as English."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now

from documents.models import Collection

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from answers.evaluation.models import EvaluationRun, GoldenQuestion, GoldenResult  # noqa: F401 - named in bases

# Renewed with every result, and no answer takes half as long.
LEASE_SECONDS = 300


class GoldenQuestionQuerySet(models.QuerySet["GoldenQuestion"]):
    def visible_to(self, actor: "User | AnonymousUser") -> "GoldenQuestionQuerySet":
        """Those of collections this person may read; without a collection, superusers alone."""
        if actor.is_active and actor.is_superuser:
            return self
        return self.filter(collection__in=Collection.objects.visible_to(actor).values("pk"))

    def askable(self) -> "GoldenQuestionQuerySet":
        """Those whose collection still exists."""
        return self.filter(collection__isnull=False)

    def with_last_result(self) -> "GoldenQuestionQuerySet":
        """Adds `last_passed` and `last_run`, null where the question was never asked."""
        results: Any = self.model._meta.get_field("results").related_model
        latest = results.objects.filter(golden=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            last_passed=Subquery(latest.values("passed")[:1]), last_run=Subquery(latest.values("run_id")[:1])
        )


class GoldenResultQuerySet(models.QuerySet["GoldenResult"]):
    def visible_to(self, actor: "User | AnonymousUser") -> "GoldenResultQuerySet":
        """Results quote documents: they are for those who may read the collection."""
        if actor.is_active and actor.is_superuser:
            return self
        return self.filter(collection__in=Collection.objects.visible_to(actor).values("pk"))

    def failed_first(self) -> "GoldenResultQuerySet":
        return self.order_by("passed", "pk")


class EvaluationRunQuerySet(models.QuerySet["EvaluationRun"]):
    def claimable(self) -> "EvaluationRunQuerySet":
        """Work to do now: waiting runs, and those whose worker's lease ran out."""
        return self.filter(Q(state="pending") | Q(state="running", lease_until__lt=Now()))

    def claim_next(self, token: UUID) -> "EvaluationRun | None":
        """Take the oldest work to do, counting the attempt, in a commit of its own; None if there is nothing to do."""
        with transaction.atomic():
            run = self.claimable().order_by("created_at", "id").select_for_update(skip_locked=True).first()
            if run is None:
                return None
            self.filter(pk=run.pk).update(
                state="running", attempts=F("attempts") + 1, lease_token=token, lease_until=_lease_end()
            )
        return self.get(pk=run.pk)

    def held(self, token: UUID | None) -> "EvaluationRunQuerySet":
        """Runs whose lease is this worker's."""
        return self.filter(lease_token=token, state="running")

    def renew(self, **progress: Any) -> bool:
        """Push the lease out, saving progress with it; False if the run is gone or somebody else's."""
        return bool(self.update(lease_until=_lease_end(), **progress))

    def busy(self) -> "EvaluationRunQuerySet":
        return self.filter(state__in=["pending", "running"])

    def finished(self) -> "EvaluationRunQuerySet":
        return self.filter(state="done")

    def before(self, run: "EvaluationRun") -> "EvaluationRunQuerySet":
        """Runs that were started earlier than this one, the latest first."""
        return self.filter(pk__lt=run.pk).order_by("-pk")


def _lease_end() -> Any:
    return Now() + timedelta(seconds=LEASE_SECONDS)
