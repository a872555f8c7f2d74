"""The fixtures of the contract: see contract.py."""

from collections.abc import Iterator

import pytest

from documents.vector_index.base import VectorEngine
from tests.documents.vector_index.contract import DIMENSIONS, Rig, fresh_name


@pytest.fixture(scope="module")
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with request.param.surroundings(request):
        running: Rig = request.param(tmp_path_factory.mktemp(request.param.title))
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture
def engine(rig: Rig) -> Iterator[VectorEngine]:
    """A set of vectors of its own, empty."""
    opened = rig.open(fresh_name(), DIMENSIONS)
    opened.ensure()
    yield opened
    opened.drop()
