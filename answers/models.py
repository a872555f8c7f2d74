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

from answers.querysets import AnswerQuerySet, ConversationQuerySet
from documents.models import Chunk, Collection, Document


class Conversation(models.Model):
    """Questions asked one after the other by one person, or by one anonymous browser session."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="conversations"
    )
    anonymous_key = models.CharField(max_length=64, blank=True)  # names an anonymous visitor's browser session
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
    GENERATED = "generated", "Written by a model"
    EXTRACTED = "extracted", "Quoted word for word"
    REFUSED = "refused", "Not in the documents"


class AnswerStatus(models.TextChoices):
    WORKING = "working", "Being answered"
    DONE = "done", "Done"
    INTERRUPTED = "interrupted", "Interrupted"
    FAILED = "failed", "Failed"


class Answer(models.Model):
    """A question and what was answered, with what was searched for, the model, tokens and time per stage."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    question = models.TextField()
    searched_for = models.TextField(blank=True)
    collections = models.ManyToManyField(Collection, blank=True, related_name="+")
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
    timings_ms = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar[AnswerQuerySet] = AnswerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=AnswerStatus.values), name="answer_status_known"),
            models.CheckConstraint(condition=Q(mode="") | Q(mode__in=Mode.values), name="answer_mode_known"),
        ]

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
