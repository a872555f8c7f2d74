"""The queries of conversations and answers, as QuerySets that read as English."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import (
    Aggregate,
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, Now, StrIndex, Substr, TruncDate

from documents.querysets import Actor
from qabot.models import ApiKey

if TYPE_CHECKING:
    from answers.models import Answer, Conversation, SharedAnswer, TokensSpent  # noqa: F401 - named in base classes

LEASE_SECONDS = 60  # an answer whose process was killed is told from others after this long
LONGEST_WITHOUT_LEASE = timedelta(minutes=10)  # of answers that an earlier release works on, without one

TODAY = TruncDate(TransactionNow(), tzinfo=UTC)  # by the database's clock, the same all through a transaction

TOTAL_MS = Cast(KeyTextTransform("total", "timings_ms"), FloatField())


class Percentile(Aggregate):
    """The value that a `fraction` of the rows do not exceed; NULLs are left out."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of(self, actor: Actor, anonymous_key: str = "") -> "ConversationQuerySet":
        """This actor's conversations; an anonymous visitor's are those of the browser session `anonymous_key`.

        A limited key's are those in which it alone asked: its owner may have asked about anything.
        """
        if isinstance(actor, ApiKey):
            mine = self.filter(owner=actor.owner_id)
            return mine.filter(api_key=actor) if actor.limited else mine
        if actor.is_authenticated:
            return self.filter(owner=actor)
        return self.filter(owner=None, anonymous_key=anonymous_key) if anonymous_key else self.none()

    def mentioning(self, words: str) -> "ConversationQuerySet":
        """Conversations in whose title or questions each of these words occurs; no words narrow nothing."""
        answers: Any = self.model._meta.get_field("answers").related_model
        found = self
        for word in words.split():
            asked = answers.objects.filter(conversation=OuterRef("pk"), question__icontains=word)
            found = found.filter(Q(title__icontains=word) | Exists(asked))
        return found

    def of_visitors(self) -> "ConversationQuerySet":
        """Conversations of people without an account."""
        return self.filter(owner=None)

    def untouched_for(self, time: timedelta) -> "ConversationQuerySet":
        return self.filter(updated_at__lt=Now() - time)

    def unshared(self) -> "ConversationQuerySet":
        """Conversations no answer of which has a link."""
        shared = self.model._base_manager.filter(answers__shares__revoked_at=None, answers__shares__isnull=False)
        return self.exclude(pk__in=shared.values("pk"))

    def visible_to(self, actor: Actor) -> "ConversationQuerySet":
        """Anybody's conversations all of whose answers this actor may see: a title is the first question."""
        answers: Any = self.model._meta.get_field("answers").related_model
        hidden = answers.objects.exclude(pk__in=answers.objects.visible_to(actor).values("pk"))
        return self.exclude(answers__in=hidden)


class AnswerQuerySet(models.QuerySet["Answer"]):
    def of(self, actor: Actor, anonymous_key: str = "") -> "AnswerQuerySet":
        """Answers in this actor's conversations."""
        conversations: Any = self.model._meta.get_field("conversation").related_model
        return self.filter(conversation__in=conversations.objects.of(actor, anonymous_key))

    def visible_to(self, actor: Actor) -> "AnswerQuerySet":
        """Anybody's answers that were searched for in collections this actor may read: they quote their documents."""
        collections: Any = self.model._meta.get_field("collections").related_model
        if not isinstance(actor, ApiKey) and actor.is_active and actor.is_superuser:
            return self  # those of collections that are gone, too
        return self.filter(searched_ids__contained_by=ArraySubquery(collections.objects.visible_to(actor).values("pk")))

    def since(self, day: date) -> "AnswerQuerySet":
        """Answers to what was asked on this day (UTC) or later."""
        return self.filter(created_at__gte=datetime.combine(day, time.min, UTC))

    def by_day(self) -> "models.QuerySet[Answer, dict[str, Any]]":
        """A row for each day (UTC) on which something was asked: how much, with what end, and how long it took."""
        days = self.order_by().values(day=TruncDate("created_at", tzinfo=UTC))
        return days.annotate(
            questions=Count("pk"),
            refused=Count("pk", filter=Q(mode="refused")),
            failed=Count("pk", filter=Q(status="failed")),
            disliked=Count("pk", filter=Q(feedback__helpful=False)),
            median_ms=Percentile(TOTAL_MS, fraction=0.5),
            p95_ms=Percentile(TOTAL_MS, fraction=0.95),
        )

    def times(self) -> dict[str, float | None]:
        """How long these took: the median, and what 95 of 100 did not exceed. Milliseconds."""
        return self.aggregate(median_ms=Percentile(TOTAL_MS, fraction=0.5), p95_ms=Percentile(TOTAL_MS, fraction=0.95))

    def abandoned(self) -> "AnswerQuerySet":
        """Answers that nobody works on any more, though they were never ended."""
        lost = Q(lease_until__lt=Now()) | Q(lease_until=None, created_at__lt=Now() - LONGEST_WITHOUT_LEASE)
        return self.filter(lost, status="working")

    def renew_lease(self, answer_id: int) -> None:
        self.filter(pk=answer_id, status="working").update(lease_until=lease_end())


def lease_end() -> Any:
    return Now() + timedelta(seconds=LEASE_SECONDS)


class SharedAnswerQuerySet(models.QuerySet["SharedAnswer"]):
    def of(self, actor: Any) -> "SharedAnswerQuerySet":
        """The links that this person made and did not revoke, the latest first."""
        return self.filter(created_by=actor.pk, revoked_at=None)

    def alive(self) -> "SharedAnswerQuerySet":
        """Links that are not revoked, of people who may still sign in, each with its answer and maker."""
        return self.filter(revoked_at=None, created_by__is_active=True).select_related("answer", "created_by")


class TokensSpentQuerySet(models.QuerySet["TokensSpent"]):
    def today(self) -> "TokensSpentQuerySet":
        return self.filter(day=TODAY)

    def older_than(self, age: timedelta) -> "TokensSpentQuerySet":
        return self.filter(day__lt=TruncDate(TransactionNow() - age, tzinfo=UTC))

    def not_older_than(self, age: timedelta) -> "TokensSpentQuerySet":
        return self.filter(day__gte=TruncDate(TransactionNow() - age, tzinfo=UTC))

    def total(self) -> dict[str, int]:
        """Each column, summed up."""
        columns = ("tokens", "cost_microdollars", "unpriced_tokens")
        return self.aggregate(**{column: Coalesce(Sum(column), 0) for column in columns})

    def with_names(self) -> "TokensSpentQuerySet":
        """Each row with the `name` of its person or key; empty of a deleted one, and of the whole app."""
        number = Cast(Substr(OuterRef("subject"), StrIndex(OuterRef("subject"), Value(":")) + 1), BigIntegerField())
        people = get_user_model()._default_manager.filter(pk=number).values("username")
        keys = ApiKey.objects.filter(pk=number).annotate(shown=Concat("name", Value(" (qab_"), "prefix", Value("_…)")))
        # A CASE reads the number only of the rows that hold one.
        name = Case(
            When(subject__startswith="user:", then=Subquery(people)),
            When(subject__startswith="key:", then=Subquery(keys.values("shown"))),
        )
        return self.annotate(name=Coalesce(name, Value("")))

    def open_today(self, subjects: Iterable[str]) -> None:
        """Make today's rows where there are none; all of them are locked, in order, until the transaction ends.

        What is there is updated to what it is, not passed over: passing over locks nothing.
        """
        rows = [self.model(day=TODAY, subject=subject) for subject in sorted(subjects)]
        self.bulk_create(rows, update_conflicts=True, unique_fields=["day", "subject"], update_fields=["subject"])

    def locked(self) -> "list[TokensSpent]":
        """These rows, locked in the order of their subjects until the transaction ends."""
        return list(self.select_for_update().order_by("subject"))

    def add(self, **amounts: int) -> None:
        """Add to each row's columns in the database: nothing that others add meanwhile is lost."""
        self.update(**{column: F(column) + amount for column, amount in amounts.items()})
