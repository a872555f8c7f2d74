"""The queries of engine copies and of their outbox. Times are the database's clock; holds no decisions."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Exists, Func, OuterRef, Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from documents.engine_copies.models import EngineCopy, VectorChange  # noqa: F401 - named in a base class

LEASE_SECONDS = 120  # one batch takes a few requests of 30 s at most; who took longer tells the outbox again
INSERT_AT_ONCE = 5_000  # rows of one statement


def database_identity() -> Func:
    """Which database this is, by its server: a restored dump, a fork or a promoted follower is another one."""
    return Func(function="documents_database_identity", output_field=models.TextField())


class EngineCopyQuerySet(models.QuerySet["EngineCopy"]):
    def begin(self, index_id: int, location: str) -> "EngineCopy":
        """A copy that is to be filled. Its name is new, so that it never meets what an earlier one left behind."""
        name = f"qabot_{secrets.token_hex(6)}_{index_id}"
        return self.create(index_id=index_id, location=location, name=name, database=database_identity())

    def here(self, location: str) -> "EngineCopyQuerySet":
        """Copies that this very database made at a location, and that are not on their way out."""
        return self.filter(location=location, database=database_identity()).exclude(state="removing")

    def elsewhere(self, location: str | None) -> "EngineCopyQuerySet":
        """Copies at other locations than the configured one, and those that another database made."""
        return self.exclude(location=location or "", database=database_identity())

    def answering(self, location: str) -> "EngineCopy | None":
        """The copy that questions are searched for in."""
        return self.here(location).filter(state="active", index__state="active").select_related("index").first()

    def leaving(self, location: str) -> "list[EngineCopy]":
        """Copies that the engine is to drop, one after the other."""
        own = self.filter(self._now(), state="removing", location=location, database=database_identity())
        return list(own.select_related("index").order_by("pk")[:1])

    def due(self, location: str) -> "list[EngineCopy]":
        """Copies that may be worked on now: the active index's first."""
        here = self.here(location).filter(self._now())
        return list(here.select_related("index").order_by("index__state", "pk"))

    def hold(self, copy: "EngineCopy", token: UUID) -> bool:
        """Take or keep a copy's lease; False while another worker holds it, or once the copy is gone."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now()) | Q(lease_token=token)
        until = Now() + timedelta(seconds=LEASE_SECONDS)
        return bool(self.filter(free, pk=copy.pk).update(lease_until=until, lease_token=token))

    def release(self, token: UUID) -> None:
        self.filter(lease_token=token).update(lease_until=None, lease_token=None)

    def _now(self) -> Q:
        return Q(postponed_until__isnull=True) | Q(postponed_until__lte=Now())


class VectorChangeQuerySet(models.QuerySet["VectorChange"]):
    def of(self, copy: "EngineCopy") -> "VectorChangeQuerySet":
        return self.filter(copy=copy.pk)

    def deliverable(self) -> "VectorChangeQuerySet":
        """Without chunks that are still staged: who indexes their document hands those over."""
        staged: Any = apps.get_model("documents", "StagedChunk")
        return self.filter(~Exists(staged.objects.filter(reserved_id=OuterRef("chunk_id"))))

    def next_of(self, copy: "EngineCopy", most: int) -> list[tuple[int, int]]:
        """The oldest ones to deliver: id and chunk."""
        return list(self.of(copy).deliverable().order_by("pk").values_list("pk", "chunk_id")[:most])

    def queue(self, copy: "EngineCopy", chunk_ids: Iterable[int]) -> None:
        """Have a copy look at these chunks again."""
        remaining = iter(chunk_ids)
        while batch := list(islice(remaining, INSERT_AT_ONCE)):
            self.bulk_create(self.model(copy_id=copy.pk, chunk_id=chunk_id) for chunk_id in batch)
