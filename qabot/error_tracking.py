"""Report errors to Sentry: what broke and where, never what it was doing it to.

An event is made anew from the few things named here. So what a later version of the SDK collects stays here too.
Reported are lines of the level ERROR, which crashed requests are among, and whatever ends a process or a thread.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration

from qabot.log_format import request_id
from qabot.monitoring import Sentry

OURS = ("qabot.", "documents.", "answers.")
KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "server_name", "sdk")
KEPT_OF_A_FRAME = (
    *("filename", "abs_path", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),  # lines of the program, not values of its variables
)

Redact = Callable[[str], str]


def start(sentry: Sentry, redact: Redact) -> None:
    sentry_sdk.init(
        dsn=sentry.dsn,
        environment=sentry.environment,
        release=sentry.release or None,
        server_name=sentry.process or None,
        before_send=lambda event, hint: reported(event, redact, request_id.get()),  # type: ignore[arg-type,return-value]
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            ExcepthookIntegration(),
            ThreadingIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
    )


def reported(event: dict[str, Any], redact: Redact, request: str = "") -> dict[str, Any]:
    """What is sent of an event. A message is sent as it stands in the program, without what was filled in."""
    kept = {name: event[name] for name in KEPT if name in event}
    kept["exception"] = {"values": [_exception(value, redact) for value in _values(event.get("exception"))]}
    message = (event.get("logentry") or {}).get("message") or ""
    kept["logentry"] = {"message": redact(str(message))}
    if request:
        kept["tags"] = {"request_id": request}
    return kept


def _exception(value: dict[str, Any], redact: Redact) -> dict[str, Any]:
    """The sentences of our own exceptions are for people to read; a library's may quote what it was given."""
    ours = f"{value.get('module') or ''}.".startswith(OURS)
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": redact(str(value.get("value") or "")) if ours else "",
        "mechanism": {"type": "generic", "handled": bool((value.get("mechanism") or {}).get("handled"))},
        "stacktrace": {
            "frames": [{name: frame[name] for name in KEPT_OF_A_FRAME if name in frame} for frame in frames]
        },
    }


def _values(exceptions: Any) -> Iterable[dict[str, Any]]:
    return exceptions.get("values") or [] if isinstance(exceptions, dict) else []
