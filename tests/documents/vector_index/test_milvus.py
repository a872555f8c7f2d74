"""What only Milvus has: a file that one process has open, an index to build, a collection to load, a token."""

import base64
from concurrent import futures

import grpc
import pytest
from milvus_lite.server_manager import server_manager_instance
from pymilvus import DataType, MilvusClient

from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.engines.milvus import MilvusEngine, open_engine
from documents.vector_index.places import Place, parse_place
from tests.documents.vector_index.contract import DIMENSIONS, SECRET, found, fresh_name, point, unit
from tests.documents.vector_index.rig_milvus import FILE, MilvusServerRig

A = 7001  # a collection
NORTH = unit(1)


def opened(folder, name: str | None = None) -> MilvusEngine:
    place = parse_place(f"milvus://{folder / FILE}")
    assert place == Place("milvus", path=str(folder / FILE))
    return open_engine(place, name or fresh_name(), DIMENSIONS)


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    server_manager_instance.release_server(str(tmp_path / FILE))


def test_a_file_that_is_opened_again_holds_what_was_acknowledged(folder):
    engine = opened(folder)
    engine.ensure()
    engine.upsert([point(1, A, 1), point(2, A, 1, 1)])
    engine.delete([2])
    server_manager_instance.release_server(str(folder / FILE))

    again = opened(folder, engine.name)  # a new process loads nothing by itself

    assert found(again, NORTH, 5, A) == [1]
    again.upsert([point(3, A, 1, 0.1)])
    assert sorted(again.ids()) == [1, 3]


def test_a_file_that_another_process_has_open_is_refused(folder):
    other = MilvusServerRig(folder)
    other.start()
    try:
        with pytest.raises(VectorIndexUnavailable, match="another process has it open"):
            opened(folder).count()
    finally:
        other.stop()

    engine = opened(folder)
    engine.ensure()
    assert engine.count() == 0


def test_a_collection_left_without_its_indexes_gets_them(folder):
    engine = opened(folder)
    client = MilvusClient(str(folder / FILE))
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("collection_id", DataType.INT64)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMENSIONS)
    client.create_collection(engine.name, schema=schema)  # and there the process was killed

    engine.ensure()

    built = {name: client.describe_index(engine.name, name) for name in client.list_indexes(engine.name)}
    assert {name: it["index_type"] for name, it in built.items()} == {
        "vector": "FLAT",
        "collection_id": "INVERTED",
    }
    engine.upsert([point(1, A, 1)])
    assert found(engine, NORTH, 5, A) == [1]


class OnACluster(MilvusEngine):
    """One that takes the server, which is Lite, for Milvus itself."""

    def _version(self) -> str:
        return "2.6.4"


def test_a_server_that_is_not_lite_gets_a_graph(folder):
    engine = OnACluster(opened(folder).place, fresh_name(), DIMENSIONS)

    engine.ensure()
    engine.upsert([point(1, A, 1), point(2, A, 1, 1)])

    client = MilvusClient(str(folder / FILE))
    assert client.describe_index(engine.name, "vector")["index_type"] == "HNSW"
    assert found(engine, NORTH, 5, A) == [1, 2]


def test_the_token_is_sent_and_a_refusal_does_not_tell_it():
    sent: list[str] = []

    def refuse(_request, context):
        sent.append(dict(context.invocation_metadata())["authorization"])
        context.abort(grpc.StatusCode.UNAUTHENTICATED, f"auth check failure for {SECRET}")

    class Refusing(grpc.GenericRpcHandler):
        def service(self, _call):
            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        engine = open_engine(parse_place(f"milvus://127.0.0.1:{port}/acme", SECRET), fresh_name(), DIMENSIONS)
        with pytest.raises(VectorIndexUnavailable) as raised:
            engine.health()
    finally:
        server.stop(None)

    assert str(raised.value) == "Milvus refuses the key."
    assert set(sent) == {base64.b64encode(SECRET.encode()).decode()}


@pytest.mark.parametrize("url", ["milvus://", "milvus:///", "milvus:///data/milvus", "milvus:///data/milvus.sqlite"])
def test_what_is_neither_a_host_nor_a_file_of_milvus_lite_is_refused(url):
    with pytest.raises(ValueError, match=r"neither a host nor a file that ends with \.db"):
        parse_place(url)
