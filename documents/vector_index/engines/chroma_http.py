"""Chroma's client as it is to behave: it gives up after some seconds, and says of an HTTP status what it is."""

from contextlib import AbstractContextManager
from json import JSONDecodeError

import httpx
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError

from documents.vector_index.engines import calling
from documents.vector_index.places import Place


def open_server(place: Place, seconds: float) -> FastAPI:
    """What `chromadb.HttpClient` rests on: that one asks the server while it is made, and waits for ever."""
    settings = Settings(
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=place.host,
        chroma_server_http_port=place.port,
        chroma_server_ssl_enabled=place.tls,
        chroma_server_headers={"X-Chroma-Token": place.api_key} if place.api_key else None,
    )
    server = System(settings).instance(FastAPI)
    # There is no setting for either; what the client itself makes of a status can be a bare Exception.
    server._session.timeout = httpx.Timeout(seconds)
    server._session.event_hooks = {"response": [httpx.Response.raise_for_status]}
    return server


def answers_told() -> AbstractContextManager[None]:
    return calling.failures_told("Chroma", (ChromaError, httpx.HTTPError, JSONDecodeError), _words)


def _words(error: Exception) -> str:
    return calling.words_of(error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None)
