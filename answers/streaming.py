"""Turn the events of an answer into server-sent events, and keep the line alive while the model is silent.

Knows nothing of how questions are answered. The events are drawn in a thread of their own, because a generator that
waits for a model cannot say "still here" meanwhile.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from contextvars import copy_context
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from answers.attending import attended, nobody_leaves
from answers.events import AnswerDone, AnswerFailed, AnswerUnkept, Event, PassagesFound, SearchStarted, TextDelta
from answers.models import Answer, AnswerStatus
from answers.serializing import answer_json, passage_json, unkept_json
from qabot.languages import in_this_language
from qabot.pooling import release_connection
from qabot.stopping import this_process
from qabot.waiting import LOOK_SECONDS

KEEP_ALIVE_SECONDS = 10.0  # Heroku's router ends a stream that is silent for 55 s
HELLO = b": hello\n\n"  # at once: the router waits 30 s for a first byte, no longer
STILL_HERE = b": still here\n\n"
WENT_WRONG = _("Something went wrong while answering. Please ask again.")
STOPPED = _("The server is being restarted. Please ask again in a moment.")
MEDIA_TYPE = "text/event-stream"

Slot = AbstractContextManager[object]  # entered by each thread that is busy with a stream
NO_SLOT: Slot = nullcontext()

log = logging.getLogger(__name__)


class ServerSentEvents(Iterator[bytes]):
    """The frames of a stream. `close` hangs up: whatever the events wait for is called off within a second.

    The slot is held while the events are drawn and while the frames are sent, whichever takes longer.
    """

    def __init__(
        self,
        answer: Answer,
        events: Iterator[Event],
        keep_alive_seconds: float,
        slot: Slot,
        has_left: Callable[[], bool],
    ) -> None:
        self._answer = answer
        self._events = events
        self._about = {"id": answer.pk, "conversation": answer.conversation_id}
        self._has_left = has_left
        self._keep_alive_seconds = keep_alive_seconds
        # Unbounded: an answer is bounded by its own budget of tokens.
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._left = threading.Event()
        self._slot = slot
        self._drawing = ExitStack()
        self._drawing.enter_context(slot)  # here, not in the thread: the caller lets go of it any moment
        self._stream = self._waited_for()
        # The thread's log lines carry the request's id, which the context holds.
        drawing = copy_context().run
        try:
            # No daemon: a process that ends waits until what was written is stored.
            threading.Thread(
                target=drawing, args=(in_this_language(self._draw),), name="answer-stream", daemon=False
            ).start()
        except RuntimeError:  # there can be no more threads
            self._drawing.close()
            raise

    def __next__(self) -> bytes:
        return next(self._stream)

    def close(self) -> None:
        self._left.set()
        self._stream.close()

    def _waited_for(self) -> Generator[bytes, None, None]:
        with self._slot:
            yield HELLO
            last = time.monotonic()
            while True:
                try:
                    frame = self._frames.get(timeout=min(self._keep_alive_seconds, LOOK_SECONDS))
                except queue.Empty:
                    if this_process.is_overdue():
                        yield _frame("error", {**self._about, "code": "stopped", "detail": str(STOPPED)})
                        return
                    if time.monotonic() - last < self._keep_alive_seconds:
                        continue
                    frame = STILL_HERE
                if frame is None:
                    return
                yield frame
                last = time.monotonic()

    def _draw(self) -> None:
        """Draw all events, in the one thread that may use their database connection, and give that back."""
        try:
            with (
                self._drawing,
                attended(self._answer, lambda: self._left.is_set() or self._has_left()),
                closing(self._events),  # type: ignore[type-var]  # a generator, which has close()
            ):
                for event in self._events:
                    self._frames.put(frame_of(event, self._about))
                    # The model may write for minutes now, and there are four connections for a whole process.
                    release_connection()
                    if self._left.is_set():
                        break
        except Exception:
            log.exception("stream failed")
            self._frames.put(_frame("error", {**self._about, "code": "server_error", "detail": str(WENT_WRONG)}))
        finally:
            release_connection()
            self._frames.put(None)


def server_sent_events(
    answer: Answer,
    events: Iterator[Event],
    keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    slot: Slot = NO_SLOT,
    has_left: Callable[[], bool] = nobody_leaves,
) -> ServerSentEvents:
    """Start drawing the events of an answer, whose frames are to be iterated over, then closed.

    The first event, `search`, and a last `error` say which answer this is. `has_left` tells whether the reader has.
    """
    return ServerSentEvents(answer, events, keep_alive_seconds, slot, has_left)


def stream_response(
    answer: Answer, events: Iterator[Event], slot: Slot = NO_SLOT, has_left: Callable[[], bool] = nobody_leaves
) -> StreamingHttpResponse:
    """The response of a stream. The caller's database connection is given back before the first byte."""
    release_connection()
    frames = server_sent_events(answer, events, slot=slot, has_left=has_left)
    response = StreamingHttpResponse(frames, content_type=f"{MEDIA_TYPE}; charset=utf-8")
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
            interrupted = answer.status == AnswerStatus.INTERRUPTED
            return _frame("interrupted" if interrupted else "done", answer_json(answer))
        case AnswerUnkept():
            return _frame("done", unkept_json(event))
        case AnswerFailed(message):
            return _frame("error", {**about, "code": "answer_failed", "detail": message})


def _frame(name: str, data: Mapping[str, Any]) -> bytes:
    # JSON has no line breaks of its own, so one data line holds it.
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode()
