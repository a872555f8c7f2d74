"""What QABot keeps of questions: conversations, answers, their citations, and every passage that was considered.

Citations keep the quote, its offsets and its document's name themselves: an answer stays readable when its document is
indexed again or deleted. Knows nothing of retrieval, models or HTTP.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from answers.querysets import AnswerQuerySet, ConversationQuerySet, SharedAnswerQuerySet, TokensSpentQuerySet
from documents.models import Chunk, Collection, Document
from qabot.models import ApiKey


class Conversation(models.Model):
    """Questions asked one after the other by one person, or by one anonymous browser session."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="conversations"
    )
    anonymous_key = models.CharField(max_length=64, blank=True)  # names an anonymous visitor's browser session
    # The key that began it and alone asked in it; null as soon as its owner asks too.
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["owner", "-updated_at"], name="conversation_of_owner")]

    def __str__(self) -> str:
        return self.title or f"Conversation {self.pk}"


class Mode(models.TextChoices):
    GENERATED = "generated", _("Written by a model")
    EXTRACTED = "extracted", _("Quoted word for word")
    REFUSED = "refused", _("Not in the documents")


class AnswerStatus(models.TextChoices):
    WORKING = "working", _("Being answered")
    DONE = "done", _("Done")
    INTERRUPTED = "interrupted", _("Interrupted")
    FAILED = "failed", _("Failed")


class Answer(models.Model):
    """A question and what was answered, with what was searched for, the model, tokens and time per stage."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    question = models.TextField()
    searched_for = models.TextField(blank=True)
    collections = models.ManyToManyField(Collection, blank=True, related_name="+")
    # The ids of those, deleted ones too: nobody may see more of an answer because a collection is gone.
    searched_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    text = models.TextField(blank=True)
    mode = models.CharField(max_length=20, choices=Mode.choices, blank=True)
    status = models.CharField(max_length=20, choices=AnswerStatus.choices, default=AnswerStatus.WORKING)
    notice = models.TextField(blank=True)  # what the reader should know: "The model is not available: quoted instead."
    confidence = models.FloatField(null=True, blank=True)  # 0 to 1, of the passages holding the answer
    supported = models.BooleanField(default=False)  # every sentence that claims something has a supporting citation
    marks_dropped = models.IntegerField(default=0)  # marks of the model that no passage stood behind
    model = models.CharField(max_length=200, blank=True)
    embedding_model = models.CharField(max_length=200, blank=True)
    prompt_tokens = models.IntegerField(default=0)
    completion_tokens = models.IntegerField(default=0)
    cost_microdollars = models.BigIntegerField(null=True, blank=True)  # at the price of that day; null: not known
    timings_ms = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)  # by the database's clock, while working

    objects: ClassVar[AnswerQuerySet] = AnswerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=AnswerStatus.values), name="answer_status_known"),
            models.CheckConstraint(condition=Q(mode="") | Q(mode__in=Mode.values), name="answer_mode_known"),
        ]
        indexes = [models.Index(fields=["lease_until"], name="answer_under_way", condition=Q(status="working"))]

    def __str__(self) -> str:
        return self.question[:80]


class PassageReference(models.Model):
    """A span of a document as it stood when the answer was given. Offsets count into the page's text."""

    document = models.ForeignKey(
        Document, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    document_name = models.CharField(max_length=255)
    page_number = models.IntegerField()
    page_label = models.CharField(max_length=255, blank=True)
    start = models.IntegerField()
    end = models.IntegerField()

    class Meta:
        abstract = True


class Citation(PassageReference):
    """A numbered link from a sentence of the answer to the exact words it rests on."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="citations")
    number = models.IntegerField()
    quote = models.TextField()
    passage_start = models.IntegerField()  # the passage around the quote, for its context
    passage_end = models.IntegerField()
    supported = models.BooleanField(default=True)
    score = models.FloatField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["answer", "number"], name="citation_number_once"),
            models.CheckConstraint(condition=~Q(quote=""), name="citation_has_quote"),
        ]

    @property
    def quarantined(self) -> bool:
        return self.document is not None and self.document.quarantined


class RetrievedPassage(PassageReference):
    """A passage that was considered, with its rank and score in every leg: how the answer was found."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="passages")
    chunk = models.ForeignKey(Chunk, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    heading_path = ArrayField(models.TextField(), default=list)
    semantic_rank = models.IntegerField(null=True)
    semantic_score = models.FloatField(null=True)
    lexical_rank = models.IntegerField(null=True)
    lexical_score = models.FloatField(null=True)
    fused_rank = models.IntegerField()
    fused_score = models.FloatField()
    rerank_rank = models.IntegerField(null=True)  # the place in which it was read; null if nothing was reranked
    rerank_score = models.FloatField(null=True)
    number = models.IntegerField(null=True)  # its number in the prompt; null if it did not go in

    class Meta:
        ordering = [Coalesce("rerank_rank", "fused_rank")]
        constraints = [models.UniqueConstraint(fields=["answer", "fused_rank"], name="passage_rank_once")]

    @property
    def rank(self) -> int:
        """The place in which an answer reads it, from 1."""
        return self.rerank_rank or self.fused_rank


class Feedback(models.Model):
    """What a reader thought of an answer. One per reader and answer."""

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="feedback")
    helpful = models.BooleanField()
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return str(self.answer)


class SharedAnswer(models.Model):
    """A link by which everybody who has it reads one answer and its quotes. `digest` is the SHA-256 of its token.

    The token holds 256 random bits, so a slow hash would add nothing.
    """

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="shares")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_answers")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[SharedAnswerQuerySet] = SharedAnswerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.answer)


class TokensSpent(models.Model):
    """What was spent on a day (UTC, by the database's clock): of the whole app, of a person, of an API key.

    `subject` is "" for the whole app, "indexing" for documents (which no question is charged for), "user:5" or "key:3".
    It is a name and no foreign key: what was spent stays spent when a person or a key is deleted.
    """

    day = models.DateField()
    subject = models.CharField(max_length=40, blank=True)
    tokens = models.BigIntegerField(default=0)  # reservations of answers that are being written included
    cost_microdollars = models.BigIntegerField(default=0)  # of the tokens whose price is known
    unpriced_tokens = models.BigIntegerField(default=0)

    objects: ClassVar[TokensSpentQuerySet] = TokensSpentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "day of spending"
        verbose_name_plural = "spending"
        ordering = ["-day", "subject"]
        constraints = [
            models.UniqueConstraint(fields=["day", "subject"], name="spent_day_and_subject_once"),
            models.CheckConstraint(
                condition=Q(subject__regex=r"^(|indexing|(user|key):[0-9]{1,19})$"), name="spent_subject_known"
            ),
            models.CheckConstraint(
                condition=Q(tokens__gte=0, cost_microdollars__gte=0, unpriced_tokens__gte=0),
                name="spent_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}, {self.subject or 'the whole app'}"
