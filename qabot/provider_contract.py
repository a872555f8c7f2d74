"""What callers see of a provider: its settings, what it yields, how it fails. Pure: knows no SDK, Django or network."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, repr=False)
class ProviderSettings:
    """One OpenAI-compatible endpoint and how long to wait for it. Raises ValueError for what can never work."""

    base_url: str  # up to and including the version: https://api.openai.com/v1
    api_key: str = ""  # empty for a server of one's own that asks for none
    connect_seconds: float = 3
    first_token_seconds: float = 15  # from the request to the first word, or to the whole of a short reply
    idle_seconds: float = 15  # between two pieces of a stream
    total_seconds: float = 120  # of a call, its retries included
    retries: int = 2  # before the first token only
    retry_seconds: float = 0.5  # before the first retry, twice that before the second
    longest_retry_after_seconds: float = 5  # what a Retry-After may ask of a waiting reader

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in ("http", "https") or not urlsplit(self.base_url).hostname:
            raise ValueError("The provider's base URL must begin with http:// or https:// and name a host.")
        # The HTTP library would refuse such a key too, with a message that quotes it.
        if not all("!" <= character <= "~" for character in self.api_key):
            raise ValueError("The provider's key holds a space, a line end or a character that is not ASCII.")

    def __repr__(self) -> str:
        """Name the host only: the key, and a URL that may hold another, never reach a log or an error page."""
        return f"ProviderSettings(host={urlsplit(self.base_url).hostname!r})"


class ProviderError(Exception):
    """A provider did not do what it was asked. The message is for the reader and quotes nothing the provider sent."""

    began = False  # whether the provider had set to work, so that what it was sent may have to be paid for


class ProviderMisconfigured(ProviderError):
    """The provider refuses the key, the account, the address or the model: asking again changes nothing."""


class ProviderRateLimited(ProviderError):
    """The provider wants fewer requests, or the account's quota is used up."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds, if the provider said so


class ProviderUnavailable(ProviderError):
    """The provider cannot be reached, fails, is too slow, or broke off in the middle."""


class ProviderLeftAlone(ProviderUnavailable):
    """The provider failed so often just now that it was not even asked."""


class ProviderRefusedContent(ProviderError):
    """The provider will not process this content: its filter objects, or it is too long."""


class ProviderBadResponse(ProviderError):
    """The provider's reply is not what was asked for: not JSON, empty, of another count or dimension, not numbers."""


class ChatMessage(Protocol):
    """One message of a conversation with a model. Whoever composes prompts has a class of their own for it."""

    @property
    def role(self) -> str:
        """Who speaks: system, user or assistant."""

    @property
    def content(self) -> str:
        """What is said."""


@dataclass(frozen=True)
class EmbeddingFormat:
    """What a provider sends as a vector of its own accord: how many numbers, and whether as "numbers" or "base64"."""

    dimensions: int
    encoding: str


@dataclass(frozen=True)
class ChatDelta:
    """The next piece of an answer."""

    text: str


@dataclass(frozen=True)
class ChatEnd:
    """The answer is complete. Always the last event, and only of an answer that was not interrupted."""

    finish_reason: str  # "stop", or "length" if it was cut at max_tokens
    prompt_tokens: int | None  # None if the provider does not count
    completion_tokens: int | None


@dataclass(frozen=True)
class ChatCompletion:
    """A whole answer at once."""

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
