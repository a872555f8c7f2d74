"""What there is of documents, counted for the administrator in one query. Judges nothing; knows nothing of requests."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from documents.models import Status
from documents.querysets import DocumentQuerySet


@dataclass(frozen=True)
class DocumentFigures:
    """How many documents are in each state, and how large their files are. Those in quarantine are of any state."""

    ready: int
    pending: int
    processing: int
    failed: int
    quarantined: int
    file_bytes: int

    @property
    def total(self) -> int:
        return self.ready + self.pending + self.processing + self.failed


def document_figures(documents: DocumentQuerySet) -> DocumentFigures:
    states = {state.value: Count("pk", filter=Q(status=state)) for state in Status}
    quarantined = Count("pk", filter=Q(quarantined_at__isnull=False))
    return DocumentFigures(
        **documents.aggregate(**states, quarantined=quarantined, file_bytes=Coalesce(Sum("size_bytes"), 0))
    )
