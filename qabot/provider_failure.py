"""What a refused or failed request means, and whether to try again. Pure but for the clock: knows no SDK or Django."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qabot.provider_contract import (
    ProviderError,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderRefusedContent,
    ProviderSettings,
    ProviderUnavailable,
)

# What a server may not know. It is sent until a server refuses it, then never again to that model.
OPTIONAL_PARAMETERS = ("max_tokens", "temperature", "stream_options", "input_type", "dimensions")
NOT_KNOWN = re.compile(r"unsupported|not support|unrecogni[sz]ed|unknown|not permitted|unexpected", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """An HTTP status other than success, and the parts of the reply that tell why. For decisions, never for display."""

    status: int
    code: str  # OpenAI's name of the cause; empty if there is none
    message: str
    retry_after: str  # the header; empty if there is none


@dataclass(frozen=True)
class Failure:
    """What went wrong with one attempt, and whether another one makes sense."""

    error: ProviderError
    retry_after: float | None = None  # seconds; None: do not retry
    refused_parameter: str = ""  # retry at once without it


def failure_of_refusal(refusal: Refusal, sent: Container[str], settings: ProviderSettings, retries: int) -> Failure:
    """Classify an HTTP status. `sent` are the parameters of the request, `retries` how many were already made."""
    status = refusal.status
    if status == 429:
        return _rate_limited(refusal, settings, retries)
    if status in (408, 409) or status >= 500:
        seconds = _retry_after(refusal.retry_after)
        error = ProviderUnavailable(f"The provider has a problem of its own (status {status}).")
        if seconds is not None and seconds > settings.longest_retry_after_seconds:
            return Failure(error)
        return Failure(error, retry_after=_pause(settings, retries) if seconds is None else seconds)
    if status in (400, 413, 422):
        return _refused(refusal, sent)
    return Failure(ProviderMisconfigured(_misconfigured(status)))


def failure_to_connect(settings: ProviderSettings, retries: int) -> Failure:
    """No connection, or none that lived until the reply: nothing was answered, so asking again is safe."""
    return Failure(ProviderUnavailable("The provider cannot be reached."), retry_after=_pause(settings, retries))


def failure_to_begin(seconds: float) -> Failure:
    """Not retried: the reader has waited as long as we let anybody wait."""
    error = ProviderUnavailable(f"The model did not begin to answer within {seconds:g} seconds.")
    error.began = True  # it took the request, and may be at work on it still
    return Failure(error)


def _rate_limited(refusal: Refusal, settings: ProviderSettings, retries: int) -> Failure:
    if refusal.code == "insufficient_quota":
        return Failure(ProviderRateLimited("The provider's quota is used up."))
    seconds = _retry_after(refusal.retry_after)
    error = ProviderRateLimited("The provider is asked too often just now.", retry_after=seconds)
    if seconds is None:
        return Failure(error, retry_after=_pause(settings, retries))
    return Failure(error, retry_after=seconds if seconds <= settings.longest_retry_after_seconds else None)


def _refused(refusal: Refusal, sent: Container[str]) -> Failure:
    if refusal.code == "content_filter":
        return Failure(ProviderRefusedContent("The provider's content filter refused the question."))
    error = ProviderRefusedContent(
        f"The provider refused the request (status {refusal.status}): it may be too long for the model."
    )
    if NOT_KNOWN.search(refusal.message):
        for name in OPTIONAL_PARAMETERS:
            if name in sent and name in refusal.message:
                return Failure(error, refused_parameter=name)
    return Failure(error)


def _misconfigured(status: int) -> str:
    if status in (401, 403):
        return f"The provider refused the key (status {status})."
    if status == 404:
        return "The provider does not know the model or the address (status 404)."
    return f"The provider refused the request (status {status})."


def _pause(settings: ProviderSettings, retries: int) -> float:
    return settings.retry_seconds * 2**retries


def _retry_after(header: str) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or as a date; None if it says neither."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):  # TypeError: a date without a time zone
        return None
