"""How far every index is, and what whoever runs this should do about it. Changes nothing, embeds nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from documents.indexing import IndexingOptions
from documents.models import EmbeddingIndex, IndexState
from documents.vector_index.pgvector import PgVectorIndex


@dataclass(frozen=True)
class IndexStatus:
    """One index and how far it is. `error` says why filling waits, until `postponed_until` if that lies ahead."""

    id: int
    model: str
    dimensions: int
    state: str
    chunks: int
    embedded: int
    searchable: bool  # its search index is built
    error: str
    postponed_until: datetime | None

    @property
    def missing(self) -> int:
        return max(0, self.chunks - self.embedded)

    @property
    def percent(self) -> int:
        """Rounded down: 100 is all of it."""
        return 100 * (self.chunks - self.missing) // self.chunks if self.chunks else 100

    @property
    def complete(self) -> bool:
        return not self.missing and self.searchable


def index_statuses() -> list[IndexStatus]:
    """All indexes, oldest first."""
    return [status_of(index) for index in EmbeddingIndex.objects.with_progress().order_by("pk")]


def status_of(index: Any) -> IndexStatus:
    """How far an index is that was read `with_progress`."""
    return IndexStatus(
        id=index.pk,
        model=index.model,
        dimensions=index.dimensions,
        state=index.state,
        chunks=index.chunks_count,
        embedded=index.embeddings_count,
        searchable=PgVectorIndex(index).is_built(),
        error=index.error,
        postponed_until=index.postponed_until,
    )


def advice(options: IndexingOptions) -> str:
    """What to do where the configured model is not the active index's, or an index stands there unused; else empty."""
    kept = list(EmbeddingIndex.objects.kept())
    active = next((index for index in kept if index.state == IndexState.ACTIVE), None)
    building = next((index for index in kept if index.state == IndexState.BUILDING), None)
    if building is not None:
        return _(
            "Index %(number)d of %(index)s is being filled. Once it is complete: embedding_index activate %(number)d"
        ) % {"number": building.pk, "index": building}
    if active is not None and not options.configures(active):
        return _(
            "%(configured)s is configured, but documents are embedded with %(index)s, and questions are asked "
            "against that. To change over: embedding_index create. To keep it: EMBEDDING_MODEL=%(model)s "
            "EMBEDDING_DIMENSIONS=%(dimensions)d"
        ) % {
            "configured": options.embedding_model,
            "index": active,
            "model": active.model,
            "dimensions": active.dimensions,
        }
    retired = next((index for index in kept if index.state == IndexState.RETIRED), None)
    if retired is not None:
        return _(
            "Index %(number)d of %(index)s is kept complete, to be gone back to: each new document is embedded for "
            "it too. Once you are sure: embedding_index retire %(number)d"
        ) % {"number": retired.pk, "index": retired}
    return ""
