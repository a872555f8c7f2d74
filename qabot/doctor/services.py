"""Try what else the site relies on: e-mail, the identity provider, the counters of the rate limits."""

from smtplib import SMTPException

from django.core.cache import caches
from django.core.checks import run_checks
from django.core.mail import get_connection
from django.db import DatabaseError

from qabot.doctor.finding import Finding, ok, problem, warning
from qabot.openid_provider import OpenIdProvider

COUNTER = "doctor"


def check_email(host: str, *, sends: bool) -> Finding:
    """Connects and signs in; sends nothing."""
    if not sends:
        return ok("e-mail", "Not configured: nobody can ask for a new password.")
    try:
        connection = get_connection()
        connection.open()
        connection.close()
    except (OSError, SMTPException) as error:
        # Not the message: some servers repeat the user's name and more in it.
        detail = f"{host} cannot be used: {type(error).__name__}."
        return problem("e-mail", detail, "Look at the EMAIL_ settings (docs/settings.md#signing-in).")
    return ok("e-mail", f"{host} lets us in.")


def check_openid(provider: OpenIdProvider | None) -> Finding:
    if provider is None:
        return ok("OpenID Connect", "Not configured.")
    from qabot import openid_connect  # noqa: PLC0415 - its library is installed only where a provider is set

    try:
        openid_connect.require_reachable(provider)
    except openid_connect.OpenIdFailed as error:
        advice = "Look at OIDC_ISSUER: /.well-known/openid-configuration below it must open in a browser."
        return problem("OpenID Connect", f"{provider.name} cannot be reached: {error}.", advice)
    return ok("OpenID Connect", f"{provider.name} answers.")


def check_rate_limits() -> Finding:
    try:
        first, second = (caches["limits"].incr(COUNTER) for _ in range(2))
    except DatabaseError as error:
        advice = "Run: python manage.py migrate. Until then requests are not counted."
        return problem("rate limits", f"Nothing is counted: {type(error).__name__}.", advice)
    if second <= first:
        return problem("rate limits", "The counter does not count.", "Report this: it should not happen.")
    return ok("rate limits", "Counted in the database, shared by all processes.")


def check_deployment(*, on_dyno: bool) -> Finding:
    """Django's own list of what a deployment should have."""
    if not on_dyno:
        return ok("security settings", "Looked at on a dyno only.")
    found = [message for message in run_checks(include_deployment_checks=True) if not message.is_silenced()]
    if found:
        sentences = "\n".join(f"{message.id}: {message.msg}" for message in found)
        return warning("security settings", sentences, "Look at SECURITY.md.")
    return ok("security settings", "manage.py check --deploy finds nothing.")
