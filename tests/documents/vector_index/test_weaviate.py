"""What only Weaviate has: a schema, two ports of which one may be silent, messages of a limited size."""

import time

import numpy as np
import pytest

from documents.vector_index.base import Point, VectorIndexUnavailable
from documents.vector_index.engines.weaviate import WeaviateEngine, open_engine
from documents.vector_index.places import parse_place
from tests.documents.vector_index.contract import DIMENSIONS, SECRET, found, point, unit
from tests.fakes.weaviate import HOST, MAX_MESSAGE_BYTES, FakeWeaviate

A = 7001  # a collection
NORTH = unit(1)
AT_ONCE = 2.0  # seconds; the client's own retries take a minute


@pytest.fixture
def server():
    fake = FakeWeaviate(api_key=SECRET)
    fake.start()
    yield fake
    fake.stop()


def opened(server: FakeWeaviate, key: str = SECRET, dimensions: int = DIMENSIONS) -> WeaviateEngine:
    url = f"weaviate://{HOST}:{server.port}?grpc_port={server.grpc_port}"
    return open_engine(parse_place(url, key), "qabot_3fa9c1_12", dimensions)


def test_a_collection_is_made_for_vectors_of_ours_and_a_filter(server):
    opened(server).ensure()

    (made,) = [body for asked, body in server.requests if asked == "POST /v1/schema"]
    (vectors,) = made["vectorConfig"].values()
    assert made["class"] == "Qabot_3fa9c1_12"
    (field,) = made["properties"]
    assert (field["name"], field["dataType"], field["indexFilterable"]) == ("collection_id", ["int"], True)
    assert vectors["vectorizer"] == {"none": {}}
    assert vectors["vectorIndexType"] == "hnsw"
    assert (vectors["vectorIndexConfig"]["distance"], vectors["vectorIndexConfig"]["ef"]) == ("cosine", 400)
    assert [asked for asked, _ in server.requests][:1] == ["GET /v1/meta"]


def test_messages_keep_below_what_a_server_takes(server):
    engine = opened(server, dimensions=4_000)
    engine.ensure()
    rows = np.random.default_rng(1).standard_normal((600, 4_000)).astype(np.float32)

    engine.upsert([Point(at + 1, A, row) for at, row in enumerate(rows)])

    sizes = [request.ByteSize() for asked, request in server.requests if asked == "BatchObjects"]
    assert len(sizes) == 2
    assert max(sizes) < MAX_MESSAGE_BYTES
    assert engine.count() == 600


def test_objects_that_are_not_taken_or_not_deleted_are_told(server):
    engine = opened(server)
    engine.ensure()
    engine.upsert([point(2, A, 1)])
    server.refusing = frozenset({2})

    with pytest.raises(VectorIndexUnavailable, match="refuses some of the vectors"):
        engine.upsert([point(1, A, 1), point(2, A, 0, 1)])
    with pytest.raises(VectorIndexUnavailable, match="refuses some of the vectors"):
        engine.upsert([point(2, A, 0, 1)])
    with pytest.raises(VectorIndexUnavailable, match="keeps some of what was to be deleted"):
        engine.delete([1, 2])


def test_a_collection_that_is_gone_is_not_made_by_writing(server):
    engine = opened(server)
    engine.ensure()
    engine.drop()

    with pytest.raises(VectorIndexUnavailable, match="does not hold these vectors"):
        engine.upsert([point(1, A, 1)])
    assert server.collections == {}


def test_a_silent_second_port_is_told_at_once(server):
    engine = opened(server)
    engine.ensure()
    engine.upsert([point(1, A, 1)])
    server.stop_grpc()

    for call in (lambda: found(engine, NORTH, 5, A), engine.count, lambda: engine.delete([1])):
        begun = time.monotonic()
        with pytest.raises(VectorIndexUnavailable, match="Weaviate does not answer"):
            call()
        assert time.monotonic() - begun < AT_ONCE


def test_a_wrong_key_is_refused_and_not_told(server):
    with pytest.raises(VectorIndexUnavailable) as raised:
        opened(server, key="wv-wrong").health()
    assert str(raised.value) == "Weaviate refuses the key."

    engine = opened(server)
    engine.ensure()
    server.api_key = "another one"  # while the client is connected
    with pytest.raises(VectorIndexUnavailable) as raised:
        found(engine, NORTH, 5, A)
    assert str(raised.value) == "Weaviate refuses the key."


def test_a_server_in_trouble_is_told_by_its_status(server):
    engine = opened(server)
    engine.ensure()
    server.status = 503

    with pytest.raises(VectorIndexUnavailable) as raised:
        engine.ensure()

    assert str(raised.value) == "Weaviate is not ready."


def test_a_second_port_that_is_no_number_is_refused_at_the_start():
    with pytest.raises(ValueError, match="grpc_port is not a number"):
        parse_place("weaviate://localhost?grpc_port=many")
