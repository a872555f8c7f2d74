"""Milvus's client: how it is connected, and what its errors say."""

import contextlib
import logging
from typing import Any

import grpc
from pymilvus import MilvusClient, MilvusException
from pymilvus.exceptions import ConnectionConfigException

from documents.vector_index.engines import calling
from documents.vector_index.engines.calling_grpc import RECONNECT, words_of_code
from documents.vector_index.places import Place

CONNECT_SECONDS = 2
NO_COLLECTION, NOT_LOADED = 100, 101  # Milvus's codes; not loaded is what Milvus Lite's are after each start
NO_CONNECTION = 2  # the client's code
LITE_CLOSED = (
    "Lite cannot open its file: another process has it open, or its folder or the package milvus-lite is missing"
)

# What fails is raised as well; the client writes it out with its traceback, by a handler of its own.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


def connect(place: Place) -> MilvusClient:
    if not place.host:
        return MilvusClient(place.path, timeout=CONNECT_SECONDS)
    uri = f"{'https' if place.tls else 'http'}://{place.host}:{place.port}"
    return MilvusClient(uri, token=place.api_key, db_name=place.path, timeout=CONNECT_SECONDS, grpc_options=RECONNECT)


def failures_told() -> contextlib.AbstractContextManager[None]:
    return calling.failures_told("Milvus", (MilvusException, grpc.RpcError), _words)


def _words(error: Any) -> str:
    if isinstance(error, ConnectionConfigException):
        return LITE_CLOSED
    for called in (error, error.__cause__):
        if isinstance(called, grpc.RpcError):
            return words_of_code(called.code())
    known = {NO_COLLECTION: calling.words_of(404), NO_CONNECTION: calling.words_of(None)}
    return known.get(error.code) or words_of_code(error.code)
