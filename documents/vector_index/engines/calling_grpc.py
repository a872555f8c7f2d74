"""What engines asked over gRPC have in common: how soon they look for a server again, and what a code says."""

from collections.abc import Callable
from typing import Any

from grpc import RpcError, StatusCode

from documents.vector_index.base import VectorIndexUnavailable
from documents.vector_index.engines.calling import words_of

# Milliseconds; by default up to two minutes pass before a server that is up again is found.
RECONNECT = {"grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 1_000}
STATUS: dict[Any, int | None] = {
    StatusCode.UNAVAILABLE: None,
    StatusCode.DEADLINE_EXCEEDED: None,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.RESOURCE_EXHAUSTED: 429,
}


def words_of_code(code: Any) -> str:
    """What a StatusCode says, in the words of the HTTP status that means the same."""
    return words_of(STATUS.get(code, getattr(code, "name", code)))


def failing_at_once(engine: str, call: Callable[..., Any], not_found: str) -> Callable[..., Any]:
    """A call whose failure a client does not take for one to try again, for a minute: our callers do that sooner.

    `not_found` is what a server says where it does not hold these vectors.
    """

    def called(*values: Any, **named: Any) -> Any:
        try:
            return call(*values, **named)
        except RpcError as error:
            words = words_of(404) if not_found in (error.details() or "") else words_of_code(error.code())
        raise VectorIndexUnavailable(f"{engine} {words}.")

    return called
