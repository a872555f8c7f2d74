"""What a search may read. Pure: who may read what is decided where a scope is made."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Collections a search may read, narrowed to some of their documents where `document_ids` is given.

    `chunks` is how many chunks that is, which decides how the vector index goes about it.
    """

    collection_ids: tuple[int, ...]
    document_ids: tuple[int, ...] | None
    chunks: int
