"""Choose where vectors are searched for: Postgres, or an engine that holds a copy. An edge: reads Django's settings."""

from django.conf import settings

from documents.engine_copies.models import EngineCopy
from documents.models import EmbeddingIndex, IndexState
from documents.vector_index.base import VectorIndex
from documents.vector_index.copied import CopiedIndex
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_index.places import Place


def configured_place() -> Place | None:
    """What VECTOR_INDEX_URL names; None stands for Postgres alone."""
    place: Place | None = settings.QABOT_VECTOR_INDEX
    return place


def active_vector_index() -> VectorIndex | None:
    """What a question is searched for in now, by one query; None before anything is indexed."""
    place = configured_place()
    if place is None:
        active = EmbeddingIndex.objects.active()
        return PgVectorIndex(active) if active else None
    names = EngineCopy.objects.here(place.location).filter(state="active")
    index = EmbeddingIndex.objects.filter(state=IndexState.ACTIVE).with_name_of(names).first()
    if index is None:
        return None
    return CopiedIndex(index, place, index.copy_name) if index.copy_name else PgVectorIndex(index)
