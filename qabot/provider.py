"""The one door to an OpenAI-compatible provider: embeddings and chat. The only module that imports `openai`.

Knows nothing of Django, documents or answers. Nothing raised from here holds the key or what the provider sent:
the SDK's errors quote the provider's body, so they are neither shown nor kept as the cause.
"""

import functools
import os
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qabot import provider_reply, waiting
from qabot.provider_contract import (
    ChatCompletion,
    ChatDelta,
    ChatEnd,
    ChatMessage,
    EmbeddingFormat,
    ProviderBadResponse,
    ProviderError,
    ProviderLeftAlone,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderRefusedContent,
    ProviderSettings,
    ProviderUnavailable,
)
from qabot.provider_failure import Failure, Refusal, failure_of_refusal, failure_to_begin, failure_to_connect
from qabot.provider_guard import breaker_for, guarded
from qabot.provider_reply import Deadline

if TYPE_CHECKING:
    import openai

__all__ = [
    "ChatCompletion",
    "ChatDelta",
    "ChatEnd",
    "ChatMessage",
    "EmbeddingFormat",
    "Provider",
    "ProviderBadResponse",
    "ProviderError",
    "ProviderLeftAlone",
    "ProviderMisconfigured",
    "ProviderRateLimited",
    "ProviderRefusedContent",
    "ProviderSettings",
    "ProviderUnavailable",
    "provider_for",
]


class Provider:
    """One endpoint. Threads share it; the client inside is made at the first use in each process."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._client: openai.OpenAI | None = None
        self._client_process = 0
        self._making = threading.Lock()
        self._refused: set[tuple[str, str]] = set()  # (model, parameter)
        # Apart from each other: a server may embed and not chat, and one that embeds in batches is slow by nature.
        self.chat_breaker = breaker_for("chat")
        self.embedding_breaker = breaker_for("embedding")

    def __repr__(self) -> str:
        return f"Provider({self.settings!r})"

    def embed(
        self,
        texts: Sequence[str],
        model: str,
        dimensions: int,
        *,
        input_type: str | None = None,
        request_dimensions: bool = False,
    ) -> NDArray[np.float32]:
        """Embed texts in order: n texts -> (n, dimensions), each row of unit length.

        `request_dimensions` asks a model that can shorten its vectors to do so.
        Raises ProviderError, ProviderBadResponse if the count, the dimension or a number is wrong.
        """
        if not texts:
            return np.empty((0, dimensions), dtype=np.float32)
        body: dict[str, Any] = {"input": list(texts), "model": model}
        if input_type is not None:
            body["input_type"] = input_type
        if request_dimensions:
            body["dimensions"] = dimensions
        # A reader waits for a question's vector; a batch for the index may take a slow server its time.
        seconds = self.settings.first_token_seconds if len(texts) == 1 else self.settings.total_seconds
        with guarded(self.embedding_breaker):
            deadline = self._deadline(seconds)
            with self._reply("/embeddings", body, deadline, silence_seconds=seconds) as chunks:
                payload = provider_reply.json_object(b"".join(chunks))
            return provider_reply.vectors(payload, len(texts), dimensions)

    def embedding_format(self, model: str, input_type: str | None = None) -> EmbeddingFormat:
        """What the provider sends for one text when asked for nothing special. Raises ProviderError."""
        body: dict[str, Any] = {"input": ["Hello"], "model": model}
        if input_type is not None:
            body["input_type"] = input_type
        seconds = self.settings.first_token_seconds
        with self._reply("/embeddings", body, self._deadline(seconds), silence_seconds=seconds) as chunks:
            return provider_reply.embedding_format(provider_reply.json_object(b"".join(chunks)))

    def stream_chat(
        self, messages: Iterable[ChatMessage], model: str, max_tokens: int, temperature: float | None = None
    ) -> Generator[ChatDelta | ChatEnd, None, None]:
        """Yield the pieces of an answer as they come, then one ChatEnd.

        The call begins with the first `next()`; closing the iterator hangs up, so nobody pays for words nobody reads.
        Raises ProviderError at any point: what was yielded until then is a part of an answer.
        """
        body = _chat_body(messages, model, max_tokens, temperature)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        silence_seconds = max(self.settings.first_token_seconds, self.settings.idle_seconds)
        with guarded(self.chat_breaker) as call:
            deadline = self._deadline(self.settings.first_token_seconds)
            with self._reply("/chat/completions", body, deadline, silence_seconds) as chunks:
                for event in provider_reply.chat_events(provider_reply.event_data(chunks), deadline):
                    call.answering()
                    yield event

    def complete_chat(
        self, messages: Iterable[ChatMessage], model: str, max_tokens: int, temperature: float | None = None
    ) -> ChatCompletion:
        """Return a short answer whole, within the time of a first token. Raises ProviderError."""
        body = _chat_body(messages, model, max_tokens, temperature)
        seconds = self.settings.first_token_seconds
        with (
            guarded(self.chat_breaker),
            self._reply("/chat/completions", body, self._deadline(seconds), silence_seconds=seconds) as chunks,
        ):
            return provider_reply.completion(provider_reply.json_object(b"".join(chunks)))

    def _deadline(self, first_seconds: float) -> Deadline:
        self._made_client()  # before the clock starts: the first one imports the SDK
        return Deadline(self.settings, first_seconds)

    @contextmanager
    def _reply(
        self, path: str, body: dict[str, Any], deadline: Deadline, silence_seconds: float
    ) -> Iterator[Iterator[bytes]]:
        """Open a reply, trying again where that makes sense, and hand out its bytes. Hang up on leaving."""
        import httpx2  # noqa: PLC0415 - comes with openai, and is slow to import where nobody has a key

        with ExitStack() as stack:
            response = self._open(stack, path, body, deadline, silence_seconds)
            try:
                yield provider_reply.within(deadline, response.iter_bytes())
            except ProviderError as error:
                error.began = True
                raise
            except httpx2.TimeoutException:
                raise _begun(ProviderUnavailable("The model stopped in the middle of its answer.")) from None
            except httpx2.HTTPError:
                raise _begun(ProviderUnavailable("The connection to the model broke off.")) from None

    def _open(
        self, stack: ExitStack, path: str, body: dict[str, Any], deadline: Deadline, silence_seconds: float
    ) -> Any:
        retries = 0
        while True:
            deadline.begin_attempt()
            outcome = self._attempt(stack, path, self._without_refused(body), silence_seconds, retries)
            if not isinstance(outcome, Failure):
                return outcome
            if outcome.refused_parameter:
                self._refused.add((body["model"], outcome.refused_parameter))
                continue
            waiting.look_up()  # the SDK takes a call that was called off for one that broke off
            # Raised outside of any `except`: the SDK's error, which quotes the provider, must not become its context.
            if outcome.retry_after is None or retries >= self.settings.retries:
                raise outcome.error
            if not deadline.leaves(outcome.retry_after):
                raise outcome.error
            waiting.sleep(outcome.retry_after)
            retries += 1

    def _attempt(self, stack: ExitStack, path: str, body: dict[str, Any], silence_seconds: float, retries: int) -> Any:
        """Send the request once: the open response, or a Failure."""
        import httpx2  # noqa: PLC0415 - as in `_reply`
        import openai  # noqa: PLC0415 - takes 0.64 s, which an installation without a key never pays

        try:
            return stack.enter_context(self._request(path, body, silence_seconds))
        except openai.APIStatusError as error:
            refusal = Refusal(
                error.status_code, error.code or "", str(error), error.response.headers.get("retry-after", "")
            )
            return failure_of_refusal(refusal, body, self.settings, retries)
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.ReadTimeout):
                return failure_to_begin(silence_seconds)
            return failure_to_connect(self.settings, retries)
        except httpx2.TimeoutException:  # while reading what a failure says
            return failure_to_begin(silence_seconds)
        except (openai.OpenAIError, httpx2.HTTPError):
            return failure_to_connect(self.settings, retries)

    def _request(self, path: str, body: dict[str, Any], silence_seconds: float) -> Any:
        """Make a request whose reply is read as bytes: the SDK's own reading has no limit of time or size."""
        import openai  # noqa: PLC0415 - as in `_attempt`

        client = self._made_client()
        seconds = self.settings.connect_seconds
        timeout = openai.Timeout(connect=seconds, read=silence_seconds, write=silence_seconds, pool=seconds)
        resource: Any = client.embeddings if path == "/embeddings" else client.chat.completions
        required = {name: body[name] for name in ("input", "messages", "model") if name in body}
        # No `encoding_format`: the SDK would ask for base64, which Heroku may refuse, and every server's default is a
        # list of numbers.
        extra = {"encoding_format": openai.omit, **body} if path == "/embeddings" else body
        return resource.with_streaming_response.create(**required, extra_body=extra, timeout=timeout)

    def _without_refused(self, body: dict[str, Any]) -> dict[str, Any]:
        refused = {name for model, name in self._refused if model == body["model"]}
        kept = {name: value for name, value in body.items() if name not in refused}
        if "max_tokens" in refused and "max_tokens" in body:
            kept["max_completion_tokens"] = body["max_tokens"]  # OpenAI's reasoning models know the new name only
        return kept

    def _made_client(self) -> "openai.OpenAI":
        import openai  # noqa: PLC0415 - as in `_attempt`

        from qabot.provider_network import make_attentive  # noqa: PLC0415 - imports the HTTP library

        with self._making:
            # A client made before a fork would share its connections with the other process.
            if self._client is None or self._client_process != os.getpid():
                self._client = openai.OpenAI(
                    base_url=self.settings.base_url,
                    api_key=self.settings.api_key or "none",  # the SDK insists on one
                    max_retries=0,
                    # A redirect leads to where the environment did not send us.
                    http_client=make_attentive(openai.DefaultHttpxClient(follow_redirects=False)),
                )
                self._client_process = os.getpid()
            return self._client


def _begun(error: ProviderError) -> ProviderError:
    """Mark a failure of a provider that had set to work."""
    error.began = True
    return error


def load_sdk() -> None:
    """Import the SDK now: processes forked afterwards share the memory it takes. Makes no client."""
    import openai.resources.chat.completions  # noqa: PLC0415 - as in `_attempt`
    import openai.resources.embeddings  # noqa: PLC0415, F401 - as in `_attempt`


@functools.cache
def provider_for(settings: ProviderSettings) -> Provider:
    """One provider, and so one pool of connections, for each endpoint in a process."""
    return Provider(settings)


def _chat_body(
    messages: Iterable[ChatMessage], model: str, max_tokens: int, temperature: float | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "model": model,
        "max_tokens": max_tokens,
    }
    if temperature is not None:
        body["temperature"] = temperature
    return body
