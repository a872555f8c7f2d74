"""Choose from the environment who signs people in by OpenID Connect: nobody, or one provider.

Knows nothing of the protocol, nor of accounts.
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from qabot.environment import Environment

NAMES = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class OpenIdProvider:
    """A provider, and this site's account there. `name` is what the button of the sign-in page says."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    email_domains: tuple[str, ...] = ()  # in lower case; empty lets in everybody whom the provider knows


def choose_openid(environment: Environment) -> OpenIdProvider | None:
    """The provider that OIDC_* name; what is missing or cannot be used is noted in `environment`."""
    issuer = environment.url("OIDC_ISSUER")
    client_id, client_secret = environment.text("OIDC_CLIENT_ID"), environment.text("OIDC_CLIENT_SECRET")
    name = environment.text("OIDC_NAME", urlsplit(issuer).hostname or "")
    domains = tuple(domain.lower().lstrip("@") for domain in environment.listed("OIDC_EMAIL_DOMAINS"))
    if not (issuer or client_id or client_secret):
        return None
    if not (issuer and client_id and client_secret):
        environment.reject(f"{', '.join(NAMES)} belong together: set all three or none.")
    elif not _is_safe(issuer):
        environment.reject("OIDC_ISSUER must start with https://.")
    elif find_spec("authlib") is None:
        environment.reject("OIDC_ISSUER is set, but Authlib is missing: pip install -r requirements/oidc.txt")
    return OpenIdProvider(issuer, client_id, client_secret, name, domains)


def _is_safe(issuer: str) -> bool:
    """Whoever could change what an issuer says could sign in as anybody."""
    address = urlsplit(issuer)
    return address.scheme == "https" or address.hostname in LOOPBACK
