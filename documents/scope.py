"""What a search may read. Pure: who may read what is decided where a scope is made."""

from dataclasses import dataclass

NARROW_SHARE = 0.5  # of all chunks: from there on HNSW finds .978 of the ten nearest and more; with a tenth, .925


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
    def is_narrow(self) -> bool:
        """Whether most of what there is lies outside, as far as is known."""
        return self.of_chunks == 0 or self.chunks < NARROW_SHARE * self.of_chunks
