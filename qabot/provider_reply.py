"""Read a provider's reply: bytes to answers and vectors, in time. Pure but for the clock: no SDK, no Django."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qabot.provider_contract import (
    ChatCompletion,
    ChatDelta,
    ChatEnd,
    EmbeddingFormat,
    ProviderBadResponse,
    ProviderRefusedContent,
    ProviderSettings,
    ProviderUnavailable,
)

MAX_REPLY_BYTES = 32 * 2**20  # 96 vectors of 3,072 numbers take 7 MB; what is larger is no reply
REASONING_FIELDS = ("reasoning_content", "reasoning")  # names used by DeepSeek and vLLM, and by OpenRouter

FLOAT_BYTES = 4  # of a number in base64


class Deadline:
    """When a call must have begun to answer, and when it must have ended."""

    def __init__(self, settings: ProviderSettings, first_seconds: float) -> None:
        self._settings = settings
        self._started = self._attempt_started = time.monotonic()
        self._first_seconds: float | None = first_seconds

    def begin_attempt(self) -> None:
        """A retry has the whole time of a first token, but no more time in all."""
        self._attempt_started = time.monotonic()

    def first_token_arrived(self) -> None:
        self._first_seconds = None

    def leaves(self, seconds: float) -> bool:
        """Whether waiting that long still leaves time to answer."""
        return time.monotonic() + seconds < self._started + self._settings.total_seconds

    def check(self) -> None:
        """Raise ProviderUnavailable if time is up. The HTTP library only limits the silence between two bytes."""
        now = time.monotonic()
        if self._first_seconds is not None and now - self._attempt_started > self._first_seconds:
            raise ProviderUnavailable(f"The model did not begin to answer within {self._first_seconds:g} seconds.")
        if now - self._started > self._settings.total_seconds:
            raise ProviderUnavailable(f"The model did not finish within {self._settings.total_seconds:g} seconds.")


def within(deadline: Deadline, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass bytes on until time is up or there are too many of them. Raises ProviderUnavailable, ProviderBadResponse."""
    received = 0
    for chunk in chunks:
        deadline.check()
        received += len(chunk)
        if received > MAX_REPLY_BYTES:
            raise ProviderBadResponse("The provider sent far more than it was asked for.")
        yield chunk


def json_object(content: bytes) -> dict[str, Any]:
    """Raises ProviderBadResponse."""
    try:
        parsed = json.loads(content)
    except ValueError:
        raise ProviderBadResponse("The provider sent something that is not JSON.") from None
    if not isinstance(parsed, dict):
        raise ProviderBadResponse("The provider sent JSON of another shape.")
    return parsed


def event_data(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream of server-sent events into the data of each. Splits bytes, so a character may arrive in pieces."""
    rest = b""
    data: list[bytes] = []
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                yield b"\n".join(data)
                data = []


def chat_events(events: Iterable[bytes], deadline: Deadline) -> Iterator[ChatDelta | ChatEnd]:
    """Read a streamed answer: its pieces, then one ChatEnd.

    Raises ProviderUnavailable if the stream ends too early, ProviderRefusedContent, ProviderBadResponse.
    """
    answered, done, finish_reason = False, False, ""
    usage: Any = {}
    for event in events:
        if event.startswith(b"[DONE]"):
            done = True
            break
        payload = json_object(event)
        _refuse_error(payload)
        usage = payload.get("usage") or usage
        for choice in _choices(payload)[:1]:
            delta = choice.get("delta") or {}
            if any(delta.get(field) for field in ("content", *REASONING_FIELDS)):
                deadline.first_token_arrived()
            finish_reason = _finish_reason(choice) or finish_reason
            if text := _text(delta):
                answered = True
                yield ChatDelta(text)
    if not (done or finish_reason):
        raise ProviderUnavailable("The model broke off in the middle of its answer.")
    if not answered:
        raise ProviderBadResponse("The model answered with nothing.")
    yield ChatEnd(finish_reason or "stop", _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def completion(payload: dict[str, Any]) -> ChatCompletion:
    """Read a whole answer. Raises ProviderRefusedContent, ProviderBadResponse, ProviderUnavailable."""
    _refuse_error(payload)
    for choice in _choices(payload)[:1]:
        finish_reason = _finish_reason(choice) or "stop"
        if text := _text(choice.get("message") or {}):
            usage = payload.get("usage") or {}
            return ChatCompletion(
                text, finish_reason, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
            )
    raise ProviderBadResponse("The model answered with nothing.")


def vectors(payload: dict[str, Any], count: int, dimensions: int) -> NDArray[np.float32]:
    """Read embeddings in the order of their texts: (count, dimensions), each row scaled to unit length.

    Raises ProviderBadResponse for another count or dimension, or what has no direction: one bad row refuses all.
    """
    _refuse_error(payload)
    data = payload.get("data")
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data) or len(data) != count:
        raise ProviderBadResponse(f"The provider did not send {count} vectors for {count} texts.")
    places = [item.get("index", position) for position, item in enumerate(data)]
    if set(places) != set(range(count)):
        raise ProviderBadResponse("The provider did not say which vector belongs to which text.")
    rows = [item.get("embedding") for _, item in sorted(zip(places, data, strict=True), key=lambda pair: pair[0])]
    if not all(isinstance(row, list) and len(row) == dimensions for row in rows):
        raise ProviderBadResponse(f"The provider's vectors do not have {dimensions} dimensions.")
    return _unit_rows(rows)


def embedding_format(payload: dict[str, Any]) -> EmbeddingFormat:
    """How one text's embedding was sent. Raises ProviderBadResponse if there is none."""
    _refuse_error(payload)
    data = payload.get("data")
    row = data[0].get("embedding") if isinstance(data, list) and data and isinstance(data[0], dict) else None
    if isinstance(row, list) and row:
        return EmbeddingFormat(len(row), "numbers")
    if isinstance(row, str) and row:
        return EmbeddingFormat(len(row) * 3 // 4 // FLOAT_BYTES, "base64")
    raise ProviderBadResponse("The provider sent no vector.")


def _unit_rows(rows: list[list[float]]) -> NDArray[np.float32]:
    try:
        matrix = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        raise ProviderBadResponse("The provider's vectors are not numbers.") from None
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise ProviderBadResponse("The provider's vectors hold NaN, infinity, or nothing but zeros.")
    unit: NDArray[np.float32] = (matrix / lengths).astype(np.float32)
    return unit


def _refuse_error(payload: dict[str, Any]) -> None:
    if payload.get("error"):  # some servers report a failure inside a reply that began well
        raise ProviderUnavailable("The provider reported a failure instead of an answer.")


def _choices(payload: dict[str, Any]) -> list[dict[str, Any]]:
    choices = payload.get("choices")
    if choices is None:
        return []
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise ProviderBadResponse("The provider sent JSON of another shape.")
    return choices


def _finish_reason(choice: dict[str, Any]) -> str:
    reason = choice.get("finish_reason") or ""
    if reason == "content_filter":
        raise ProviderRefusedContent("The provider's content filter stopped the answer.")
    return str(reason)


def _text(message: Any) -> str:
    if not isinstance(message, dict) or not isinstance(message.get("content") or "", str):
        raise ProviderBadResponse("The provider sent JSON of another shape.")
    if message.get("refusal"):
        raise ProviderRefusedContent("The model declined to answer.")
    return message.get("content") or ""


def _count(usage: Any, field: str) -> int | None:
    count = usage.get(field) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else None
