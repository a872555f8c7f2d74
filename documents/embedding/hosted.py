"""Embed with a provider's model. Knows the provider's waist and the models' sizes; no Django and no database."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qabot.provider import Provider

BATCH_PASSAGES = 96  # of a request: what Heroku Managed Inference takes at most; OpenAI takes 2,048
MAX_CHARACTERS = 2_048  # of a text, likewise; no chunk is as long, a question may be


@dataclass(frozen=True)
class HostedModel:
    """What is known about a model without asking its provider."""

    dimensions: int
    shortens: bool = False  # gives fewer dimensions when asked to
    wants_input_type: bool = False  # embeds questions and passages differently


KNOWN_MODELS = {
    "text-embedding-3-small": HostedModel(1536, shortens=True),
    "text-embedding-3-large": HostedModel(3072, shortens=True),
    "text-embedding-ada-002": HostedModel(1536),
    "cohere-embed-multilingual": HostedModel(1024, wants_input_type=True),
}


class HostedEmbedder:
    """One embedding model of a provider.

    Raises ValueError if the dimensions are not given and not known, or not what the model gives.
    """

    batch_size = BATCH_PASSAGES

    def __init__(self, provider: Provider, model: str, dimensions: int | None = None) -> None:
        known = KNOWN_MODELS.get(model)
        if dimensions is None and known is None:
            raise ValueError(f"The dimensions of the embedding model {model} are not known: say how many it has.")
        self.model = model
        self.dimensions = dimensions or (known.dimensions if known else 0)
        if known and not known.shortens and self.dimensions != known.dimensions:
            raise ValueError(f"The embedding model {model} has {known.dimensions} dimensions, not {self.dimensions}.")
        self._provider = provider
        # Asked only of the models known to shorten: a server that does not know the parameter may refuse the request.
        self._shortened = known is not None and self.dimensions != known.dimensions
        self._wants_input_type = known is not None and known.wants_input_type

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages in order: n texts -> (n, dimensions), each row of unit length. Raises ProviderError."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), self.batch_size):
            batch = texts[start : start + self.batch_size]
            vectors[start : start + len(batch)] = self._embed(batch, "search_document")
        return vectors

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """Embed one question: (dimensions,), of unit length. Raises ProviderError."""
        vector: NDArray[np.float32] = self.embed_questions([text])[0]
        return vector

    def embed_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`embed_question` of several, in one request: n texts -> (n, dimensions). Raises ProviderError."""
        return self._embed(texts, "search_query")

    def _embed(self, texts: Sequence[str], input_type: str) -> NDArray[np.float32]:
        return self._provider.embed(
            [text[:MAX_CHARACTERS] for text in texts],
            self.model,
            self.dimensions,
            input_type=input_type if self._wants_input_type else None,
            request_dimensions=self._shortened,
        )
