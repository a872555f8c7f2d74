"""What a search may read. Pure: who may read what is decided where a scope is made."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Collections a search may read, narrowed to some of their documents where `document_ids` is given.

    `chunks` is how many chunks that is, `of_chunks` how many there are in all (0: not known); the two decide how the
    vector index goes about it.
    """

    collection_ids: tuple[int, ...]
    document_ids: tuple[int, ...] | None
    chunks: int
    of_chunks: int = 0

    @property
    def share(self) -> float:
        """Which part of all there is this is, up to 1; 0 where it is not known."""
        return min(self.chunks / self.of_chunks, 1.0) if self.of_chunks else 0.0
