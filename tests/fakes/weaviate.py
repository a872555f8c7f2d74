"""Weaviate on this machine: what its client asks over HTTP (the schema) and over gRPC (the objects), at two ports.

It searches by comparing with every vector. As a real one does, it makes a collection of its own taste where objects
come for one that is not there, refuses messages above 10 MB, and hands ids out in their order. What it holds outlives
`stop`.
"""

import contextlib
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from uuid import UUID

import grpc
import numpy as np
from numpy.typing import NDArray
from weaviate.proto.v1 import aggregate_pb2, base_pb2, batch_delete_pb2, batch_pb2, search_get_pb2, weaviate_pb2_grpc

from bench.stack import HOST
from tests.fakes.json_server import JsonHandler, start_server, stop_server

VERSION = "1.34.0"
MAX_MESSAGE_BYTES = 10_485_760
MAX_FOUND = 10_000
THREADS = 16
CONTAINS_ANY = base_pb2.Filters.OPERATOR_CONTAINS_ANY


@dataclass
class Collection:
    """Its objects by UUID: their vectors and collection ids. `made_by_hand` is not what auto-schema made."""

    made_by_hand: bool
    objects: dict[int, tuple[NDArray[np.float32], int]] = field(default_factory=dict)
    matrix: tuple[NDArray[np.object_], NDArray[np.float32], NDArray[np.int64]] | None = None

    def arrays(self) -> tuple[NDArray[np.object_], NDArray[np.float32], NDArray[np.int64]]:
        if self.matrix is None:
            ids = np.array(list(self.objects), object)
            vectors = np.array([vector / np.linalg.norm(vector) for vector, _ in self.objects.values()], np.float32)
            self.matrix = ids, vectors, np.array([within for _, within in self.objects.values()], np.int64)
        return self.matrix


@dataclass
class FakeWeaviate:
    """The server, between `start` and `stop`. `api_key` is the one it takes; `delay` comes before each answer."""

    api_key: str = "wv-key"
    delay: float = 0.0  # seconds
    status: int = 0  # answers every HTTP request with it, if it is given
    refusing: frozenset[int] = frozenset()  # UUIDs, as integers, that it takes nothing of
    port: int = 0  # any that is free, from the first start on
    grpc_port: int = 0  # likewise
    requests: list[tuple[str, Any]] = field(
        default_factory=list
    )  # "POST /v1/schema" or "Search", and what came with it
    collections: dict[str, Collection] = field(default_factory=dict)
    turn: Any = field(default_factory=threading.Lock)
    _http: ThreadingHTTPServer | None = None
    _grpc: Any = None

    def start(self) -> None:
        self._http = start_server(_Handler, self, self.port)
        self.port = self._http.server_port
        most = [(f"grpc.max_{way}_message_length", MAX_MESSAGE_BYTES) for way in ("send", "receive")]
        self._grpc = grpc.server(futures.ThreadPoolExecutor(THREADS), options=most)
        weaviate_pb2_grpc.add_WeaviateServicer_to_server(_Servicer(self), self._grpc)
        self.grpc_port = self._grpc.add_insecure_port(f"{HOST}:{self.grpc_port}")
        self._grpc.start()

    def stop(self) -> None:
        if self._http is not None:
            stop_server(self._http)
            self._http = None
            self.stop_grpc()

    def stop_grpc(self) -> None:
        self._grpc.stop(None).wait()

    def schema(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        name = path.removeprefix("/v1/schema/")
        if (method, path) == ("GET", "/v1/meta"):
            return 200, {"version": VERSION, "hostname": "http://[::]:8080", "grpcMaxMessageSize": MAX_MESSAGE_BYTES}
        if (method, path) == ("POST", "/v1/schema"):
            return self._create(body)
        if method == "GET":
            return (200, {"class": name}) if name in self.collections else (404, {})
        if method == "DELETE":
            self.collections.pop(name, None)
            return 200, {}
        return 405, {}

    def _create(self, body: Any) -> tuple[int, Any]:
        (vectors,) = body["vectorConfig"].values()
        (within,) = body["properties"]
        if vectors["vectorizer"] != {"none": {}} or vectors["vectorIndexConfig"]["distance"] != "cosine":
            return 422, {"error": [{"message": "not what QABot searches in"}]}
        if (within["name"], within["dataType"], within["indexFilterable"]) != ("collection_id", ["int"], True):
            return 422, {"error": [{"message": "not what QABot filters by"}]}
        if body["class"] in self.collections or not body["class"][0].isupper():
            return 422, {"error": [{"message": f"class name {body['class']} already exists, or is none"}]}
        self.collections[body["class"]] = Collection(made_by_hand=True)
        return 200, body


class _Servicer(weaviate_pb2_grpc.WeaviateServicer):
    def __init__(self, fake: FakeWeaviate) -> None:
        self.fake = fake

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        with self._asked("BatchObjects", request, context):
            errors = [self._lay(it) for it in request.objects]
            named = [batch_pb2.BatchObjectsReply.BatchError(index=at, error=it) for at, it in enumerate(errors) if it]
            return batch_pb2.BatchObjectsReply(errors=named)

    def _lay(self, laid: Any) -> str:
        uuid = UUID(laid.uuid).int
        if uuid in self.fake.refusing:
            return "it is not taken"
        into = self.fake.collections.setdefault(laid.collection, Collection(made_by_hand=False))
        vector = np.frombuffer(laid.vector_bytes or laid.vectors[0].vector_bytes, "<f4")
        if into.objects and len(next(iter(into.objects.values()))[0]) != len(vector):
            return "vector lengths don't match"
        into.objects[uuid] = vector, int(laid.properties.non_ref_properties["collection_id"])
        into.matrix = None
        return ""

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._asked("BatchDelete", request, context):
            objects = self._collection(request.collection, context)
            if request.filters.operator != CONTAINS_ANY or request.filters.target.property != "_id":
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not what QABot deletes by")
            uuids = {UUID(value).int for value in request.filters.value_text_array.values}
            there = uuids & objects.objects.keys()
            for uuid in there - self.fake.refusing:
                del objects.objects[uuid]
            objects.matrix = None
            failed = len(there & self.fake.refusing)
            return batch_delete_pb2.BatchDeleteReply(failed=failed, matches=len(there), successful=len(there) - failed)

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._asked("Aggregate", request, context):
            counted = len(self._collection(request.collection, context).objects)
            return aggregate_pb2.AggregateReply(
                single_result=aggregate_pb2.AggregateReply.Single(objects_count=counted)
            )

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._asked("Search", request, context):
            into = self._collection(request.collection, context)
            if not 1 <= request.limit <= MAX_FOUND:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "query maximum results exceeded")
            if request.HasField("near_vector"):
                return search_get_pb2.SearchReply(results=self._nearest(into, request, context))
            after = UUID(request.after).int if request.after else -1
            page = sorted(uuid for uuid in into.objects if uuid > after)[: request.limit]
            return search_get_pb2.SearchReply(results=[_result(uuid) for uuid in page])

    def _nearest(self, into: Collection, request: Any, context: Any) -> list[Any]:
        within = request.filters
        if within.operator != CONTAINS_ANY or within.target.property != "collection_id" or not into.made_by_hand:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no filterable property of this name")
        asked = np.frombuffer(request.near_vector.vector_bytes or request.near_vector.vectors[0].vector_bytes, "<f4")
        ids, vectors, collections = into.arrays()
        if not len(ids):
            return []
        if vectors.shape[1] != len(asked):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "vector lengths don't match")
        distances = 1 - vectors @ (asked / np.linalg.norm(asked))
        among = np.flatnonzero(np.isin(collections, within.value_int_array.values))
        best = among[np.argsort(distances[among], kind="stable")[: request.limit]]
        return [_result(ids[at], float(distances[at])) for at in best]

    def _collection(self, name: str, context: Any) -> Collection:
        if name not in self.fake.collections:
            context.abort(grpc.StatusCode.UNKNOWN, f"extract params: could not find class {name} in schema")
        return self.fake.collections[name]

    @contextlib.contextmanager
    def _asked(self, rpc: str, request: Any, context: Any) -> Any:
        time.sleep(self.fake.delay)
        key = dict(context.invocation_metadata()).get("authorization", "")
        if key != f"Bearer {self.fake.api_key}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, f"unauthorized: invalid api key {key}")
        self.fake.requests.append((rpc, request))
        with self.fake.turn:
            yield


def _result(uuid: int, distance: float | None = None) -> Any:
    metadata = search_get_pb2.MetadataResult(id_as_bytes=uuid.to_bytes(16, "big"), id=str(UUID(int=uuid)))
    if distance is not None:
        metadata.distance, metadata.distance_present = distance, True
    return search_get_pb2.SearchResult(metadata=metadata)


class _Handler(JsonHandler):
    fake: FakeWeaviate

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        body = self.read()
        self.fake.requests.append((f"{self.command} {self.path}", body))
        time.sleep(self.fake.delay)
        key = self.headers.get("Authorization", "")
        if self.fake.status:
            return self.send(self.fake.status, {"message": f"not for {key}"})
        if key != f"Bearer {self.fake.api_key}":
            return self.send(401, {"code": 401, "message": f"invalid api key {key}"})
        with self.fake.turn:
            return self.send(*self.fake.schema(self.command, self.path, body))

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls
