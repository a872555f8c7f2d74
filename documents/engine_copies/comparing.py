"""Compare what an engine holds with what Postgres does, by the ids of chunks, and queue what differs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from documents.engine_copies.models import EngineCopy, VectorChange
from documents.models import Embedding
from documents.staging import reserved_ids
from documents.vector_index.base import VectorEngine

Ids = NDArray[np.int64]  # sorted, each once: 8 bytes a chunk


@dataclass(frozen=True)
class Difference:
    """Chunks whose vectors an engine lacks, and those it holds without reason. Empty where nothing differs."""

    missing: Ids
    extra: Ids

    def __bool__(self) -> bool:
        return bool(len(self.missing) or len(self.extra))


def compare(copy: EngineCopy, engine: VectorEngine) -> Difference:
    """What differs, but for chunks whose change waits or came meanwhile. Raises VectorIndexUnavailable."""
    waiting, before = waiting_ids(copy), embedded_ids(copy)
    held = _ids(engine.ids())
    after = embedded_ids(copy)
    on_their_way = np.union1d(waiting, waiting_ids(copy))
    expected = np.intersect1d(before, after, assume_unique=True)
    allowed = np.union1d(np.union1d(before, after), on_their_way)
    return Difference(
        missing=np.setdiff1d(np.setdiff1d(expected, held, assume_unique=True), on_their_way),
        extra=np.setdiff1d(held, allowed, assume_unique=True),
    )


def queue_difference(copy: EngineCopy, difference: Difference) -> None:
    """Have the copy look at what differs; Postgres says then what is to be done."""
    VectorChange.objects.queue(copy, (int(pk) for pk in np.concatenate([difference.missing, difference.extra])))


def embedded_count(copy: EngineCopy) -> int:
    return Embedding.objects.filter(index=copy.index_id).count()


def embedded_ids(copy: EngineCopy) -> Ids:
    rows = Embedding.objects.filter(index=copy.index_id).values_list("chunk_id", flat=True)
    return _ids(rows.iterator(chunk_size=10_000))


def waiting_ids(copy: EngineCopy) -> Ids:
    """Chunks named by the outbox, and those whose document is just being handed over."""
    queued = VectorChange.objects.of(copy).values_list("chunk_id", flat=True)
    return np.union1d(_ids(queued.iterator()), _ids(reserved_ids()))


def _ids(numbers: Iterable[int]) -> Ids:
    return np.unique(np.fromiter(numbers, np.int64))
