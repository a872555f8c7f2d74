"""Embed a document's texts, with their tokens where the model tells them. Knows no model and no database."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from documents.embedding.base import Embedder, TokenEmbedder
from documents.embedding.token_signs import without_ends


@dataclass(frozen=True)
class EmbeddedTexts:
    """Vectors, (n, dimensions), and each text's tokens' signs; None where the model has none."""

    vectors: NDArray[np.float32]
    token_signs: Sequence[bytes | None]


def embed_texts(texts: Sequence[str], around: str, embedder: Embedder, *, keep_tokens: bool) -> EmbeddedTexts:
    """Embed passages in order. The tokens of what they are found by besides (`around`) are kept with their own.

    Raises as `Embedder.embed_passages` does.
    """
    if not (keep_tokens and isinstance(embedder, TokenEmbedder)):
        return EmbeddedTexts(embedder.embed_passages(texts), [None] * len(texts))
    # What is around goes along with each batch: one text more in thirty, and nothing to be remembered between.
    vectors, signs = embedder.embed_passages_and_tokens([*texts, around])
    named = without_ends(signs[-1])
    return EmbeddedTexts(vectors[:-1], [own + named for own in signs[:-1]])


def words_around(name: str, about: str) -> str:
    """What each chunk of a document is found by besides its text: the document's name, and what it says of itself."""
    return f"{name.rpartition('.')[0] or name} {about}".strip()
