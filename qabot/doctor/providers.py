"""Call the models once, as answering and indexing would. Knows the provider's waist; no documents and no database."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from qabot.doctor.finding import Finding, ok, problem, warning
from qabot.prices import Price, price_of
from qabot.provider import EmbeddingFormat, Provider, ProviderBadResponse, ProviderError, ProviderRateLimited

CHAT_TOKENS = 256  # a model that thinks first needs some before it says anything
LOOK_AT_SETTINGS = "Look at docs/settings.md#models: the address, the key and the model's name go together."

T = TypeVar("T")


@dataclass(frozen=True)
class Hello:
    """The one message that is sent."""

    role: str = "user"
    content: str = "Reply with OK."


@dataclass(frozen=True)
class EmbeddingModel:
    """What is expected of the embedding model. `dimensions` is None where nobody said and nobody knows."""

    name: str
    dimensions: int | None
    shortens: bool = False  # gives fewer dimensions when asked to
    input_type: str | None = None


def check_chat(provider: Provider | None, model: str) -> Finding:
    if provider is None:
        return ok("answers", "No model is configured: answers are quoted word for word.")
    try:
        _, milliseconds = _timed(lambda: provider.complete_chat([Hello()], model, CHAT_TOKENS))
    except ProviderBadResponse as error:
        return warning("answers", f"{model}: {error}", "It answers, but not with text. Try another CHAT_MODEL.")
    except ProviderError as error:
        return _failed("answers", model, error)
    return ok("answers", f"{model} answered in {milliseconds} ms.")


def check_embedding(provider: Provider, model: EmbeddingModel) -> Finding:
    try:
        sent, milliseconds = _timed(lambda: provider.embedding_format(model.name, model.input_type))
    except ProviderError as error:
        return _failed("embedding", model.name, error)
    detail = f"{model.name} sent {sent.dimensions} dimensions as {sent.encoding} in {milliseconds} ms."
    if sent.encoding != "numbers":
        return problem("embedding", detail, "QABot reads numbers: choose another server or EMBEDDING_MODEL.")
    return _judged(detail, sent, model)


def check_price(role: str, model: str, prices: Mapping[str, Price]) -> Finding:
    name = f"price of {role}"
    if price_of(model, prices) is None:
        advice = f"Set MODEL_PRICES={model}=DOLLARS-IN/DOLLARS-OUT (for a million tokens)."
        return warning(name, f"Not known for {model}: its cost shows as unknown.", advice)
    return ok(name, f"Known for {model}.")


def _judged(detail: str, sent: EmbeddingFormat, model: EmbeddingModel) -> Finding:
    if model.dimensions is None:
        return problem("embedding", detail, f"Run: heroku config:set EMBEDDING_DIMENSIONS={sent.dimensions}")
    if sent.dimensions == model.dimensions:
        return ok("embedding", detail)
    if model.shortens and sent.dimensions > model.dimensions:
        return ok("embedding", f"{detail} It is asked for {model.dimensions}.")
    advice = (
        f"{model.dimensions} are expected. Unset EMBEDDING_DIMENSIONS, or name the model that the index was made with."
    )
    return problem("embedding", detail, advice)


def _failed(name: str, model: str, error: ProviderError) -> Finding:
    if isinstance(error, ProviderRateLimited):
        return warning(name, f"{model}: {error}", "Wait, or raise the limit at the provider.")
    return problem(name, f"{model}: {error}", LOOK_AT_SETTINGS)


def _timed(call: Callable[[], T]) -> tuple[T, int]:
    began = time.monotonic()
    result = call()
    return result, round((time.monotonic() - began) * 1000)
