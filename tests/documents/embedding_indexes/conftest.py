"""Libraries embedded by one model, and a provider whose model is to take its place."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from documents.models import Collection
from qabot.provider import ProviderSettings
from tests.documents.embedding_indexes.steps import FACTS, LONG, SMALL, index_page
from tests.fakes.provider import FakeProvider
from tests.library import make_collection


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(fake.base_url, "key", retry_seconds=0.01)
        yield fake


@pytest.fixture
def library(transactional_db: None) -> Collection:
    """Embedded by the local model. What one worker shows another, and CONCURRENTLY, needs committed rows."""
    collection = make_collection(readers="public")
    for name, text in FACTS.items():
        index_page(collection, f"{name}.txt", text)
    return collection


@pytest.fixture
def long_library(transactional_db: None, provider: FakeProvider, settings: LazySettings) -> Collection:
    """One document of several batches, embedded by the provider's model."""
    settings.QABOT_EMBEDDING_MODEL = SMALL
    collection = make_collection(readers="public")
    index_page(collection, "long.txt", LONG)
    provider.requests.clear()
    return collection
