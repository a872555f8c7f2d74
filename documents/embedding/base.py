"""What an embedder is: text in, unit vectors out. Pure: knows no model, no provider and no Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class EmbedderUnavailable(Exception):
    """The embedding model cannot be used here until somebody installs or configures something."""


@dataclass(frozen=True)
class QuestionTokens:
    """A question's vector, (dimensions,), and its tokens' vectors, (tokens, 256), as `token_signs.project` makes them.

    `spans` are the characters that each token stands for; a special token stands for none.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]
    spans: tuple[tuple[int, int], ...]


class Embedder(Protocol):
    """Turns passages and questions into vectors of one embedding model."""

    @property
    def model(self) -> str:
        """The model's name, as an EmbeddingIndex stores it."""

    @property
    def dimensions(self) -> int:
        """The length of every vector."""

    @property
    def batch_size(self) -> int:
        """How many passages to hand over at a time: what one request takes, or one round of progress."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages in order: n texts -> (n, dimensions), each row of unit length.

        Raises EmbedderUnavailable, or ProviderError if a provider fails.
        """

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Embed one question: (dimensions,), of unit length. Raises as `embed_passages` does."""

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`embed_question` of several, in one go: n texts, no more than `batch_size` -> (n, dimensions)."""


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also tells what each token means in its text: late interaction compares those."""

    def embed_passages_and_tokens(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[bytes]]:
        """`embed_passages`, and of each text its tokens' signs, as `token_signs.pack_signs` packs them."""

    def embed_question_tokens(self, text: str) -> QuestionTokens:
        """`embed_question`, with the question's tokens."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token of a passage stands for, in the order of its signs."""
