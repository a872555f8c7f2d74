"""Choose the embedder of a model. An edge: reads Django's settings for the provider; knows no database."""

import threading

from django.conf import settings

from documents.embedding.base import Embedder, EmbedderUnavailable
from documents.embedding.hosted import HostedEmbedder
from documents.embedding.local import LOCAL_MODEL, LocalEmbedder
from qabot.provider import ProviderSettings, provider_for

_embedders: dict[tuple[str, int | None, ProviderSettings | None], Embedder] = {}
_making = threading.Lock()


def embedder_for(model: str, dimensions: int | None = None) -> Embedder:
    """The embedder of a model, one for each model in a process. Loads and calls nothing until it embeds.

    `dimensions` must be given for a provider's model whose size is not known.
    Raises EmbedderUnavailable if the model needs a provider and none is configured, or its size is not known.
    """
    provider: ProviderSettings | None = settings.QABOT_EMBEDDING_PROVIDER
    key = (model, dimensions, provider)
    with _making:
        if key not in _embedders:
            _embedders[key] = _made(model, dimensions, provider)
        return _embedders[key]


def _made(model: str, dimensions: int | None, provider: ProviderSettings | None) -> Embedder:
    if model == LOCAL_MODEL:
        return LocalEmbedder()
    if provider is None:
        raise EmbedderUnavailable(f"The embedding model {model} needs a provider, and none is configured.")
    try:
        return HostedEmbedder(provider_for(provider), model, dimensions)
    except ValueError as error:
        raise EmbedderUnavailable(str(error)) from None
