"""What calls to any engine have in common: how long they may take, and what is told of a failure. Knows no engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from documents.vector_index.base import VectorIndexUnavailable

SEARCH_SECONDS, WRITE_SECONDS = 5, 30
COLLECTION_ID = "collection_id"  # the field that searches are filtered by

STATUS_WORDS: dict[int | None, str] = {
    None: "does not answer",
    401: "refuses the key",
    403: "refuses the key",
    404: "does not hold these vectors",
    408: "takes too long",
    413: "refuses so many vectors at once",
    429: "allows no more for now",
    503: "is not ready",
}

Item = TypeVar("Item")


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for begun in range(0, len(items), size):
        yield items[begun : begun + size]


def words_of(status: int | None) -> str:
    """What an HTTP status says; without one nobody answered."""
    return STATUS_WORDS.get(status, f"answers with status {status}")


@contextmanager
def failures_told(engine: str, kinds: tuple[type[Exception], ...], words: Callable[[Any], str]) -> Iterator[None]:
    """Turn a client's errors of these kinds into VectorIndexUnavailable: "Qdrant does not answer."

    Their own messages are left out, as they hold what was sent or what came back.
    """
    try:
        yield
    except kinds as error:
        raise VectorIndexUnavailable(f"{engine} {words(error)}.") from None
