"""What only Qdrant has: how its requests are made, and what is told of its refusals."""

from collections.abc import Iterator

import pytest

from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.engines.qdrant import QdrantEngine, open_engine
from documents.vector_index.places import parse_place
from tests.documents.vector_index.contract import DIMENSIONS, SECRET, fresh_name, point, unit, within
from tests.fakes.qdrant import FakeQdrant

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


@pytest.fixture
def server() -> Iterator[FakeQdrant]:
    fake = FakeQdrant(api_key=SECRET)
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def engine(server: FakeQdrant) -> QdrantEngine:
    opened = open_engine(parse_place(f"qdrant://127.0.0.1:{server.port}", SECRET), fresh_name(), DIMENSIONS)
    opened.ensure()
    return opened


def test_every_write_waits_until_it_is_applied(server, engine):
    server.requests.clear()

    engine.upsert([point(1, 7, 1)])
    engine.delete([1])

    path = f"/collections/{engine.name}/points"
    assert server.requests == [("PUT", path, {"wait": "true"}), ("POST", f"{path}/delete", {"wait": "true"})]


def test_the_server_is_told_to_give_up_a_search_too(server, engine):
    server.requests.clear()

    engine.search(unit(1), 5, within(7))

    assert server.requests == [("POST", f"/collections/{engine.name}/points/query", {"timeout": "5"})]


def test_opening_asks_nothing(server):
    open_engine(parse_place(f"qdrant://127.0.0.1:{server.port}", SECRET), fresh_name(), DIMENSIONS)

    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Qdrant refuses the key."),
        (403, "Qdrant refuses the key."),
        (404, "Qdrant does not hold these vectors."),
        (413, "Qdrant refuses so many vectors at once."),
        (500, "Qdrant answers with status 500."),
        (503, "Qdrant is not ready."),
    ],
)
def test_a_refusal_is_told_without_what_the_server_said(server, engine, status, words):
    server.status = status

    with pytest.raises(VectorIndexUnavailable) as raised:
        engine.search(unit(1), 5, within(7))

    assert str(raised.value) == words
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__, "a traceback in the log would show it"


def test_a_wrong_key_is_refused(server, engine):
    other = open_engine(parse_place(f"qdrant://127.0.0.1:{server.port}", "wrong"), engine.name, DIMENSIONS)

    with pytest.raises(VectorIndexUnavailable, match=r"^Qdrant refuses the key\.$"):
        other.count()
