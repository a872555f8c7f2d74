"""The embedder of a model: here, or at the configured provider."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from documents.embedding.base import EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding.hosted import HostedEmbedder
from documents.embedding.local import LocalEmbedder
from qabot.provider import ProviderSettings
from tests.fakes.provider import FakeProvider


def test_the_local_model_needs_no_provider():
    embedder = embedder_for("all-MiniLM-L6-v2")

    assert isinstance(embedder, LocalEmbedder)
    assert (embedder.model, embedder.dimensions) == ("all-MiniLM-L6-v2", 384)


def test_another_model_is_the_providers(settings):
    with FakeProvider() as fake:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(fake.base_url, "key")
        embedder = embedder_for("some-other-model", 1536)

        assert isinstance(embedder, HostedEmbedder)
        assert embedder.embed_question("a question").shape == (1536,)
        assert fake.requests[0].body["model"] == "some-other-model"


def test_the_local_model_is_made_once_whether_its_size_is_named_or_not():
    assert embedder_for("all-MiniLM-L6-v2", 384) is embedder_for("all-MiniLM-L6-v2")


def test_the_local_model_has_no_other_size():
    with pytest.raises(EmbedderUnavailable, match="has 384 dimensions, not 512"):
        embedder_for("all-MiniLM-L6-v2", 512)


def test_threads_get_one_embedder(settings):
    settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings("http://threads.example/v1")
    with ThreadPoolExecutor(4) as threads:
        embedders = set(threads.map(embedder_for, ["text-embedding-3-small"] * 8))

    assert len(embedders) == 1


def test_a_changed_provider_has_an_embedder_of_its_own(settings):
    settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings("http://one.example/v1")
    first = embedder_for("text-embedding-3-small")
    settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings("http://two.example/v1")

    assert embedder_for("text-embedding-3-small") is not first


def test_without_a_provider_its_models_are_unavailable(settings):
    settings.QABOT_EMBEDDING_PROVIDER = None

    with pytest.raises(EmbedderUnavailable, match="text-embedding-3-small needs a provider, and none is configured"):
        embedder_for("text-embedding-3-small")


def test_a_model_of_unknown_size_is_unavailable_until_it_is_given(settings):
    settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings("http://one.example/v1")

    with pytest.raises(EmbedderUnavailable, match="say how many"):
        embedder_for("some-other-model")
