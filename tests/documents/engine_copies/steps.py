"""What tests of engine copies do: keep them until nothing is left to do, and look at what the engine holds."""

from collections.abc import Iterable

import numpy as np

from documents.embedding.choice import embedder_for
from documents.engine_copies.keeping import CopyKeeper
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.models import Collection, Embedding, EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.choice import active_vector_index
from tests.fakes.engine import FakeEngineServer

ROUNDS = 1_000  # of keeping, at most


def keep(engine: FakeEngineServer, keeper: CopyKeeper | None = None) -> CopyKeeper:
    """Keep copies until there is nothing left to do; the engine must answer."""
    keeper = keeper or CopyKeeper(engine.place)
    EngineCopy.objects.update(postponed_until=None)
    for _ in range(ROUNDS):
        if not keeper.work_once():
            return keeper
        EngineCopy.objects.update(postponed_until=None)
    raise AssertionError(f"Something is left after {ROUNDS} rounds: {list(EngineCopy.objects.values())}")


def copy_of(index: EmbeddingIndex | None = None) -> EngineCopy:
    """The copy that answers, of an index."""
    return EngineCopy.objects.get(index=index or EmbeddingIndex.objects.active(), state="active")


def in_engine(engine: FakeEngineServer, index: EmbeddingIndex | None = None) -> dict[int, int]:
    return engine.held(copy_of(index).name)


def in_postgres(index: EmbeddingIndex | None = None) -> dict[int, int]:
    """Each embedded chunk's collection."""
    index = index or EmbeddingIndex.objects.active()
    return dict(Embedding.objects.filter(index=index).values_list("chunk_id", "collection_id"))


def outbox() -> set[int]:
    return set(VectorChange.objects.values_list("chunk_id", flat=True))


def search(text: str, collections: Iterable[Collection], k: int = 5) -> list[int]:
    """The chunks that a question finds by meaning."""
    index = active_vector_index()
    assert index is not None
    vector = embedder_for(index.index.model, index.index.dimensions).embed_question(text)
    scope = Scope(tuple(one.pk for one in collections), None, 10)
    return [near.chunk_id for near in index.search(np.asarray(vector), k, scope)]
