"""Whether this process leaves a provider alone just now. Only this process: others have breakers of their own."""

from collections.abc import Sequence

from qabot.breaker import State
from qabot.doctor.finding import Finding, ok, warning
from qabot.provider import ProviderSettings, provider_for

WHERE = "It is tried again by itself. If that does not help: manage.py doctor"


def check_breakers(chat: ProviderSettings | None, embedding: ProviderSettings | None) -> Sequence[Finding]:
    """A line for each provider that is configured."""
    findings = []
    if chat is not None:
        instead = "Answers are quoted from the documents meanwhile."
        findings.append(_check("chat provider", provider_for(chat).chat_breaker.state, instead))
    if embedding is not None:
        instead = "Questions are searched for by their words alone, and documents wait."
        findings.append(_check("embedding provider", provider_for(embedding).embedding_breaker.state, instead))
    return findings


def _check(name: str, state: State, instead: str) -> Finding:
    if state == State.CLOSED:
        return ok(name, "It did not keep failing.")
    return warning(name, f"It failed several times in a row and is left alone for a moment. {instead}", WHERE)
