"""Turn the events of an answer into server-sent events, and keep the line alive while the model is silent.

Knows nothing of how questions are answered. The events are drawn in a thread of their own, because a generator that
waits for a model cannot say "still here" meanwhile.
"""

import json
import logging
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from contextvars import copy_context
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

from answers.answering import release_connection
from answers.events import AnswerDone, AnswerFailed, Event, PassagesFound, SearchStarted, TextDelta
from answers.models import Answer
from answers.serializing import answer_json, passage_json

KEEP_ALIVE_SECONDS = 10.0  # Heroku's router ends a stream that is silent for 55 s
HELLO = b": hello\n\n"  # at once: the router waits 30 s for a first byte, no longer
STILL_HERE = b": still here\n\n"
WENT_WRONG = "Something went wrong while answering. Please ask again."
MEDIA_TYPE = "text/event-stream"

log = logging.getLogger(__name__)


class ServerSentEvents(Iterator[bytes]):
    """The frames of a stream. `close` hangs up: the events are closed as soon as the next one comes."""

    def __init__(self, events: Iterator[Event], about: Mapping[str, Any], keep_alive_seconds: float) -> None:
        self._events = events
        self._about = about
        self._keep_alive_seconds = keep_alive_seconds
        # Unbounded: an answer is bounded by its own budget of tokens.
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._left = threading.Event()
        self._stream = self._waited_for()
        # The thread's log lines carry the request's id, which the context holds.
        drawing = copy_context().run
        threading.Thread(target=drawing, args=(self._draw,), name="answer-stream", daemon=True).start()

    def __next__(self) -> bytes:
        return next(self._stream)

    def close(self) -> None:
        self._left.set()

    def _waited_for(self) -> Iterator[bytes]:
        yield HELLO
        while True:
            try:
                frame = self._frames.get(timeout=self._keep_alive_seconds)
            except queue.Empty:
                frame = STILL_HERE
            if frame is None:
                return
            yield frame

    def _draw(self) -> None:
        """Draw all events, in the one thread that may use their database connection, and give that back."""
        try:
            with closing(self._events):  # type: ignore[type-var]  # a generator, which has close()
                for event in self._events:
                    self._frames.put(frame_of(event, self._about))
                    # The model may write for minutes now, and there are four connections for a whole process.
                    release_connection()
                    if self._left.is_set():
                        break
        except Exception:
            log.exception("stream failed")
            self._frames.put(_frame("error", {**self._about, "code": "server_error", "detail": WENT_WRONG}))
        finally:
            release_connection()
            self._frames.put(None)


def server_sent_events(
    events: Iterator[Event], about: Mapping[str, Any] | None = None, keep_alive_seconds: float = KEEP_ALIVE_SECONDS
) -> ServerSentEvents:
    """Start drawing the events, whose frames are to be iterated over, then closed.

    The first event, `search`, and a last `error` carry what `about` holds: which answer this is.
    """
    return ServerSentEvents(events, about or {}, keep_alive_seconds)


def stream_response(answer: Answer, events: Iterator[Event]) -> StreamingHttpResponse:
    """The response of a stream. The caller's database connection is given back before the first byte."""
    release_connection()
    about = {"id": answer.pk, "conversation": answer.conversation_id}
    response = StreamingHttpResponse(server_sent_events(events, about), content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


def frame_of(event: Event, about: Mapping[str, Any]) -> bytes:
    match event:
        case SearchStarted(searched_for):
            return _frame("search", {**about, "searched_for": searched_for})
        case PassagesFound(passages):
            return _frame("passages", {"passages": [passage_json(passage) for passage in passages]})
        case TextDelta(text):
            return _frame("delta", {"text": text})
        case AnswerDone(answer):
            return _frame("done", answer_json(answer))
        case AnswerFailed(message):
            return _frame("error", {**about, "code": "answer_failed", "detail": message})


def _frame(name: str, data: Mapping[str, Any]) -> bytes:
    # JSON has no line breaks of its own, so one data line holds it.
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode()
