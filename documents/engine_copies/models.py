"""What is kept of vectors that are copied to an engine beside Postgres: the copies, and what is to be told to them.

`documents.models` imports this, so that Django finds it. The outbox is written by triggers on embeddings (see the
migration), in the transaction of whatever changed.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from documents.engine_copies.querysets import EngineCopyQuerySet, VectorChangeQuerySet


class CopyState(models.TextChoices):
    FILLING = "filling", _("Being filled")
    ACTIVE = "active", _("Active")
    REMOVING = "removing", _("Being removed")


class EngineCopy(models.Model):
    """One embedding index's vectors in an outside engine. Questions are searched for there once it is active.

    While `lease_until` lies ahead one worker alone delivers to it: the one whose token it is.
    """

    # Protected: what the engine holds goes first, and then the index.
    index = models.ForeignKey("documents.EmbeddingIndex", on_delete=models.PROTECT, related_name="copies")
    location = models.TextField()  # of VECTOR_INDEX_URL, without keys
    name = models.CharField(max_length=40, unique=True)  # what the engine calls it
    database = models.TextField()  # the one that made it: no other may write to it
    state = models.CharField(max_length=20, choices=CopyState.choices, default=CopyState.FILLING)
    filled_to = models.BigIntegerField(default=0)  # chunks up to this id were queued
    error = models.TextField(blank=True, default="")
    failures = models.IntegerField(default=0)  # since it last went well
    postponed_until = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[EngineCopyQuerySet] = EngineCopyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "engine copies"
        constraints = [
            # Of one state: a fresh copy is filled beside the active one.
            models.UniqueConstraint(
                fields=["index", "location", "state"], condition=~Q(state="removing"), name="engine_copy_once"
            ),
            models.CheckConstraint(condition=Q(state__in=CopyState.values), name="engine_copy_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.location} {self.name}"


class VectorChange(models.Model):
    """A chunk that a copy is to look at again: what is to be done, the embedding says that is there or is not."""

    copy = models.ForeignKey(
        EngineCopy, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="changes"
    )
    chunk_id = models.BigIntegerField()  # no foreign key: most often the chunk is gone
    queued_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[VectorChangeQuerySet] = VectorChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["copy", "id"], name="vector_change_next"),
            models.Index(fields=["copy", "chunk_id"], name="vector_change_chunk"),
        ]
