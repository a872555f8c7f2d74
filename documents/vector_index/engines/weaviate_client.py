"""Weaviate's client, made and tamed: how it is connected, how soon it gives up, and what its errors say."""

import contextlib
import logging
from typing import Any

import httpx
import weaviate
from weaviate.classes import init
from weaviate.config import GrpcConfig
from weaviate.exceptions import UnexpectedStatusCodeError, WeaviateBaseError, WeaviateInsertManyAllFailedError

from documents.vector_index.engines import calling
from documents.vector_index.engines.calling import SEARCH_SECONDS, WRITE_SECONDS
from documents.vector_index.engines.calling_grpc import RECONNECT, failing_at_once
from documents.vector_index.places import Place

GRPC_PORT = 50051  # Weaviate's default
RPCS = ("Search", "Aggregate", "BatchObjects", "BatchDelete")
UNKNOWN_COLLECTION = "could not find class"  # in what a server says of itself, with the code UNKNOWN

# What fails is raised as well; the client writes out the objects that failed, vectors and all.
logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)


def connect(place: Place) -> weaviate.WeaviateClient:
    client = weaviate.connect_to_custom(
        http_host=place.host,
        http_port=place.port,
        http_secure=place.tls,
        grpc_host=place.options.get("grpc_host", place.host),
        grpc_port=int(place.options.get("grpc_port", GRPC_PORT)),
        grpc_secure=place.tls,
        auth_credentials=place.api_key or None,
        skip_init_checks=True,  # they ask a package index for the client's newest version
        additional_config=init.AdditionalConfig(
            timeout=init.Timeout(init=SEARCH_SECONDS, query=SEARCH_SECONDS, insert=WRITE_SECONDS),
            grpc_config=GrpcConfig(channel_options=list(RECONNECT.items())),
        ),
    )
    stub: Any = client._connection.grpc_stub
    for rpc in RPCS:
        setattr(stub, rpc, failing_at_once("Weaviate", getattr(stub, rpc), UNKNOWN_COLLECTION))
    return client


def failures_told() -> contextlib.AbstractContextManager[None]:
    return calling.failures_told("Weaviate", (WeaviateBaseError, httpx.HTTPError), _words)


def _words(error: Exception) -> str:
    if isinstance(error, WeaviateInsertManyAllFailedError):
        return "refuses some of the vectors"
    return calling.words_of(error.status_code if isinstance(error, UnexpectedStatusCodeError) else None)
