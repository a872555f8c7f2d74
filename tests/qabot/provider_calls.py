"""Calls that the tests of the provider share. A failure is checked to show the key nowhere."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from qabot.provider import (
    ChatCompletion,
    ChatDelta,
    ChatEnd,
    Provider,
    ProviderError,
    ProviderSettings,
)
from tests.fakes.provider import FakeProvider

CANARY = "sk-canary-0123456789"
MODEL = "fake-chat"
EMBEDDING = "text-embedding-3-small"


@dataclass(frozen=True)
class Message:
    role: str
    content: str


PROMPT = (
    Message("system", "Answer from the passages."),
    Message(
        "user",
        "<passages>\n<passage>\n[1] (Bridges, page 1)\nThe Golden Gate Bridge is red.\n</passage>\n"
        "<passage>\n[2] (Towers, page 3)\nIt stands in Paris. The tower is 330 m tall.\n</passage>\n</passages>\n\n"
        "Question: How tall is the tower?",
    ),
)
ANSWER = "The tower is 330 m tall [2]."


def settings_for(fake: FakeProvider, **changes: float) -> ProviderSettings:
    # Patient where an answer is expected, for busy machines; each test of a hang sets the little time it needs.
    return ProviderSettings(fake.base_url, CANARY, **{"retry_seconds": 0.01} | changes)  # type: ignore[arg-type] # `retries` alone is an int


def ask(provider: Provider) -> list[ChatDelta | ChatEnd]:
    return list(provider.stream_chat(PROMPT, MODEL, max_tokens=100))


def embed(provider: Provider) -> np.ndarray:
    return provider.embed(["one", "two"], EMBEDDING, 1536)


def complete(provider: Provider) -> ChatCompletion:
    return provider.complete_chat(PROMPT, MODEL, max_tokens=100)


def failure(call: Callable[[Provider], object], mode: str, **changes: float) -> tuple[ProviderError, FakeProvider]:
    with FakeProvider(mode) as fake, pytest.raises(ProviderError) as caught:
        call(Provider(settings_for(fake, **changes)))
    # Whatever goes wrong, nothing that could be shown or logged holds the key.
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.__context__)
    assert CANARY not in shown
    return caught.value, fake
