"""An engine beside Postgres, and a library that is copied to it."""

import pytest
from django.conf import LazySettings

from documents.models import Collection
from tests.documents.embedding_indexes.conftest import library, provider  # noqa: F401 - fixtures that are used here too
from tests.documents.engine_copies.steps import keep
from tests.fakes.engine import FakeEngineServer


@pytest.fixture
def engine(settings: LazySettings) -> FakeEngineServer:
    server = FakeEngineServer()
    settings.QABOT_VECTOR_INDEX = server.place
    return server


@pytest.fixture
def copied(library: Collection, engine: FakeEngineServer) -> Collection:  # noqa: F811 - the fixture of that name
    """The library, which the engine answers for."""
    keep(engine)
    return library
