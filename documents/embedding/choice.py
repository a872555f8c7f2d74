"""Choose the embedder of a model. An edge: reads Django's settings for the provider; knows no database."""

import os
import threading

from django.conf import settings

from documents.embedding.base import Embedder, EmbedderUnavailable
from documents.embedding.hosted import HostedEmbedder
from documents.embedding.local import LOCAL_MODEL, LocalEmbedder
from qabot.machine import MEGABYTE, memory_bytes
from qabot.provider import ProviderSettings, provider_for

ROOM_FOR_TWO = 1_000 * MEGABYTE  # two threads take 40 MB more, which 512 MB do not have beside two web processes


def _threads() -> int:
    """How many threads embed passages: both of two processors, where there is memory for it."""
    roomy = memory_bytes(settings.DYNO_RAM) >= ROOM_FOR_TWO
    return 2 if roomy and (os.cpu_count() or 1) > 1 else 1


_hosted: dict[tuple[str, int | None, ProviderSettings], Embedder] = {}
_local = LocalEmbedder(threads=_threads())  # loads at its first use; one only, as each would load the model again
_making = threading.Lock()


def embedder_for(model: str, dimensions: int | None = None) -> Embedder:
    """The embedder of a model, one for each model in a process. Loads and calls nothing until it embeds.

    `dimensions` must be given for a provider's model whose size is not known.
    Raises EmbedderUnavailable if the model needs a provider and none is configured, or its size is not known.
    """
    if model == LOCAL_MODEL:
        return _sized(_local, dimensions)
    provider: ProviderSettings | None = settings.QABOT_EMBEDDING_PROVIDER
    if provider is None:
        raise EmbedderUnavailable(f"The embedding model {model} needs a provider, and none is configured.")
    key = (model, dimensions, provider)
    with _making:
        if key not in _hosted:
            _hosted[key] = _made(model, dimensions, provider)
        return _hosted[key]


def _sized(embedder: Embedder, dimensions: int | None) -> Embedder:
    if dimensions not in (None, embedder.dimensions):
        raise EmbedderUnavailable(
            f"The embedding model {embedder.model} has {embedder.dimensions} dimensions, not {dimensions}."
        )
    return embedder


def _made(model: str, dimensions: int | None, provider: ProviderSettings) -> Embedder:
    try:
        return HostedEmbedder(provider_for(provider), model, dimensions)
    except ValueError as error:
        raise EmbedderUnavailable(str(error)) from None
