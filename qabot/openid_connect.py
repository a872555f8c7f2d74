"""Ask an OpenID Connect provider who somebody is: the code flow with PKCE, state and nonce. Knows nothing of accounts.

Authlib does the protocol. It is optional (requirements/oidc.txt): this module is imported only where a provider is set.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from qabot.openid_provider import OpenIdProvider

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10.0  # of one request to the provider
CLOCK_LEEWAY_SECONDS = 60
# Signed by a key of the provider's: a token without a signature, or signed with a shared secret, proves nothing here.
ALGORITHMS = [f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)]
# What Authlib and its parts raise for a provider that cannot be reached, or that says what cannot be right.
FAILURES = (AuthlibBaseError, JoseError, RequestException, RuntimeError, ValueError, TypeError, KeyError)


class OpenIdFailed(Exception):
    """The provider did not say who this is. The message is for the log; it holds no token."""


@dataclass(frozen=True)
class Claims:
    """What a provider vouches for. `email` is empty unless the provider says that it was verified."""

    issuer: str
    subject: str
    email: str = ""
    username: str = ""  # what the person would like to be called; anybody may choose anything


def require_reachable(provider: OpenIdProvider) -> None:
    """Read what the provider says of itself. Raises OpenIdFailed."""
    try:
        _known_algorithms_only(_client(provider))
    except FAILURES as error:
        raise OpenIdFailed(type(error).__name__) from error


def send_to_provider(provider: OpenIdProvider, request: HttpRequest, callback: str) -> HttpResponse:
    """The redirect to the provider; the session keeps what the answer has to match. Raises OpenIdFailed."""
    try:
        client = _client(provider)
        _known_algorithms_only(client)
        return client.authorize_redirect(request, callback)
    except FAILURES as error:
        raise OpenIdFailed(type(error).__name__) from error


@sensitive_variables()
def who_came_back(provider: OpenIdProvider, request: HttpRequest) -> Claims:
    """Redeem the code of a request that came from the provider, once. Raises OpenIdFailed.

    The token must be signed by the provider's own keys, for this site and this session, and must not be old.
    """
    try:
        client = _client(provider)
        _known_algorithms_only(client)
        token = client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "values": [provider.issuer, f"{provider.issuer}/"]},
                "aud": {"essential": True, "value": provider.client_id},
            },
            leeway=CLOCK_LEEWAY_SECONDS,
        )
        return _claims(provider, token["userinfo"])
    except FAILURES as error:
        raise OpenIdFailed(type(error).__name__) from error


def _claims(provider: OpenIdProvider, told: dict[str, Any]) -> Claims:
    if not isinstance(told["sub"], str) or not told["sub"]:
        raise ValueError("sub")
    verified = told.get("email_verified") is True
    return Claims(
        issuer=provider.issuer,
        subject=told["sub"],
        email=str(told.get("email") or "") if verified else "",
        username=str(told.get("preferred_username") or told.get("email") or ""),
    )


def _known_algorithms_only(client: DjangoOAuth2App) -> None:
    """Have tokens accepted by our list of algorithms, whatever the provider lists as its own ("none" among them)."""
    client.load_server_metadata()["id_token_signing_alg_values_supported"] = ALGORITHMS


@cache
def _client(provider: OpenIdProvider) -> DjangoOAuth2App:
    """One client a process: it keeps what the provider says of itself, and its keys until one is unknown."""
    return OAuth().register(
        "qabot",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=provider.issuer + DISCOVERY,
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )
