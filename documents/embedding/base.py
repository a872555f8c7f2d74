"""What an embedder is: text in, unit vectors out. Pure: knows no model, no provider and no Django."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class EmbedderUnavailable(Exception):
    """The embedding model cannot be used here until somebody installs or configures something."""


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
