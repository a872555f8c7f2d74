"""A provider's embedding models: their sizes, their batches, and what each is asked for."""

import numpy as np
import pytest

from documents.embedding.hosted import HostedEmbedder
from qabot.provider import Provider, ProviderBadResponse, ProviderSettings
from tests.fakes.provider import FakeProvider


def embedder_at(fake: FakeProvider, model: str, dimensions: int | None = None) -> HostedEmbedder:
    return HostedEmbedder(Provider(ProviderSettings(fake.base_url, "key")), model, dimensions)


def test_passages_go_in_batches_and_come_back_in_order():
    texts = [f"passage {number}" for number in range(200)]
    with FakeProvider() as fake:
        embedder = embedder_at(fake, "text-embedding-3-small")
        vectors = embedder.embed_passages(texts)
        last = embedder.embed_question("passage 199")

    assert (vectors.shape, vectors.dtype) == ((200, 1536), np.float32)
    assert [len(request.body["input"]) for request in fake.requests] == [96, 96, 8, 1]
    assert np.array_equal(vectors[199], last)


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [
        ("text-embedding-3-small", 1536),
        ("text-embedding-3-large", 3072),
        ("text-embedding-ada-002", 1536),
        ("cohere-embed-multilingual", 1024),
    ],
)
def test_a_known_model_has_its_own_size_and_is_not_asked_for_it(model, dimensions):
    with FakeProvider() as fake:
        embedder = embedder_at(fake, model)
        assert embedder.embed_question("a question").shape == (dimensions,)
        assert embedder.embed_questions(["a question", "another"]).shape == (2, dimensions)

    assert embedder.dimensions == dimensions
    assert "dimensions" not in fake.requests[0].body


def test_a_model_that_shortens_is_asked_to():
    with FakeProvider() as fake:
        vectors = embedder_at(fake, "text-embedding-3-large", 256).embed_passages(["a passage"])

    assert vectors.shape == (1, 256)
    assert fake.requests[0].body["dimensions"] == 256


def test_only_a_model_that_wants_it_is_told_questions_from_passages():
    with FakeProvider() as fake:
        for model in ("cohere-embed-multilingual", "text-embedding-3-small"):
            embedder = embedder_at(fake, model)
            embedder.embed_passages(["a passage"])
            embedder.embed_question("a question")

    asked = [request.body.get("input_type") for request in fake.requests]
    assert asked == ["search_document", "search_query", None, None]


def test_a_text_too_long_for_a_request_is_cut():
    with FakeProvider() as fake:
        embedder_at(fake, "cohere-embed-multilingual").embed_question("word " * 1000)

    assert len(fake.requests[0].body["input"][0]) == 2_048


def test_another_size_than_the_one_given_is_refused():
    with FakeProvider() as fake, pytest.raises(ProviderBadResponse, match="1000 dimensions"):
        embedder_at(fake, "some-other-model", 1000).embed_passages(["a passage"])


def test_a_size_that_is_not_known_must_be_given():
    with FakeProvider() as fake, pytest.raises(ValueError, match="dimensions of the embedding model some-other-model"):
        embedder_at(fake, "some-other-model")


def test_a_size_that_a_model_cannot_have_is_refused():
    with FakeProvider() as fake, pytest.raises(ValueError, match="has 1536 dimensions, not 256"):
        embedder_at(fake, "text-embedding-ada-002", 256)
