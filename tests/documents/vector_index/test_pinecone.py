"""What only Pinecone has: names of its own, indexes that are made in time, writes that are seen in time, limits."""

import time

import pytest

from documents.vector_index.base import Point, VectorIndexUnavailable
from documents.vector_index.engines.pinecone import PineconeEngine, open_engine
from documents.vector_index.places import parse_place
from tests.documents.vector_index.contract import DIMENSIONS, SECRET, found, point, random_points, unit
from tests.fakes.pinecone import MAX_BYTES, FakePinecone

A = 7001  # a collection
NORTH = unit(1)
NAME = "qabot_3fa9c1_12"


@pytest.fixture
def server():
    fake = FakePinecone(api_key=SECRET)
    fake.start()
    yield fake
    fake.stop()


def opened(server: FakePinecone, key: str = SECRET, dimensions: int = DIMENSIONS) -> PineconeEngine:
    return open_engine(parse_place(f"pinecone://aws/eu-west-1?host={server.url}", key), NAME, dimensions)


def asked(server: FakePinecone, end: str) -> list:
    return [(size, body) for _method, path, size, body in server.requests if path.endswith(end)]


def test_an_index_is_made_where_the_url_says_under_a_name_that_pinecone_takes(server):
    opened(server).ensure()

    ((_, made),) = [it for it in asked(server, "/indexes") if it[1]]
    assert made == {
        "name": "qabot-3fa9c1-12",
        "schema": {"fields": {"vector": {"type": "dense_vector", "dimension": DIMENSIONS, "metric": "cosine"}}},
        "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "eu-west-1"},
    }


def test_a_new_index_is_waited_for(server):
    server.looks_until_ready = 2
    engine = opened(server)

    engine.ensure()

    engine.upsert([point(1, A, 1)])
    assert found(engine, NORTH, 5, A) == [1]


def test_an_index_that_is_still_being_made_is_not_made_twice(server):
    server.looks_until_ready = 1
    opened(server).ensure()
    opened(server).ensure()

    assert len([it for it in asked(server, "/indexes") if it[1]]) == 1


def test_a_write_returns_when_searches_see_it(server):
    server.lag = 0.7
    engine = opened(server)
    engine.ensure()

    begun = time.monotonic()
    engine.upsert([point(1, A, 1), point(2, A, 1, 1)])
    assert found(engine, NORTH, 5, A) == [1, 2]
    engine.delete([1])
    assert found(engine, NORTH, 5, A) == [2]

    assert time.monotonic() - begun >= 2 * server.lag


def test_where_pinecone_does_not_number_its_writes_none_is_waited_for(server):
    server.numbered, server.lag = False, 30
    engine = opened(server)
    engine.ensure()

    engine.upsert([point(1, A, 1)])

    assert found(engine, NORTH, 5, A) == []


def test_requests_keep_below_two_megabytes_and_a_thousand_records(server):
    wide, narrow = opened(server, dimensions=4_000), opened(server)
    wide.ensure()
    wide.upsert([Point(at, A, -unit(*range(1, 9)).repeat(500) / 1e3) for at in range(1, 101)])
    assert wide.count() == 100
    wide.drop()
    narrow.ensure()
    narrow.upsert(random_points(2_300, [A]))
    narrow.delete(range(1, 2_301))

    written, deleted = asked(server, "/upsert"), asked(server, "/delete")
    assert max(size for size, _ in written) < MAX_BYTES
    assert [len(body["documents"]) for _, body in written] == [39, 39, 22, 1_000, 1_000, 300]
    assert [len(body["ids"]) for _, body in deleted] == [1_000, 1_000, 300]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Pinecone refuses the key."),
        (403, "Pinecone refuses the key."),
        (429, "Pinecone allows no more for now."),
        (503, "Pinecone is not ready."),
        (500, "Pinecone answers with status 500."),
    ],
)
def test_a_refusal_is_told_once_and_without_the_key(server, status, words):
    engine = opened(server)
    engine.ensure()
    engine.upsert([point(1, A, 1)])
    server.status = status
    server.requests.clear()

    with pytest.raises(VectorIndexUnavailable) as raised:
        found(engine, NORTH, 5, A)

    assert str(raised.value) == words
    assert len(server.requests) == 1, "the client's own retries would take longer than a reader waits"


def test_a_wrong_key_is_refused(server):
    with pytest.raises(VectorIndexUnavailable) as raised:
        opened(server, key="pc-wrong").health()

    assert str(raised.value) == "Pinecone refuses the key."


def test_without_a_key_nothing_is_asked(server, monkeypatch):
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)

    with pytest.raises(VectorIndexUnavailable, match="needs a key, PINECONE_API_KEY"):
        opened(server, key="")
    assert server.requests == []
