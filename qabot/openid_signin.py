"""The two addresses of signing in by OpenID Connect: there and back. Nothing is at them where no provider is set."""

import logging
from types import ModuleType

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from qabot.openid_accounts import NotLetIn, account_of
from qabot.openid_provider import OpenIdProvider
from qabot.signin import BACKEND

NEXT = "openid_next"  # the session's name for the page that somebody wanted to see
NEXT_CHARACTERS = 2000

log = logging.getLogger(__name__)


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider. Nothing but their session changes."""
    provider, protocol = _provider()
    request.session[NEXT] = request.GET.get("next", "")[:NEXT_CHARACTERS]
    try:
        return protocol.send_to_provider(provider, request, settings.SITE_URL + reverse("openid-callback"))
    except protocol.OpenIdFailed as error:
        log.warning("sign-in provider not reached", extra={"reason": str(error)})
        named = {"provider": provider.name}
        return _refused(request, _("%(provider)s cannot be reached. Please try again in a moment.") % named, 503)


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in whom the provider sends back. Only the browser that was sent there gets this far: the state matches."""
    provider, protocol = _provider()
    wanted = request.session.pop(NEXT, "")
    try:
        claims = protocol.who_came_back(provider, request)
        user = account_of(claims.issuer, claims.subject, claims.email, claims.username, provider.email_domains)
    except protocol.OpenIdFailed as error:
        log.warning("sign-in by provider failed", extra={"reason": str(error)})
        named = {"provider": provider.name}
        return _refused(request, _("%(provider)s did not tell us who you are. Please try again.") % named, 400)
    except NotLetIn as error:
        return _refused(request, str(error), 403)
    login(request, user, backend=BACKEND)
    return redirect(wanted if _is_ours(request, wanted) else settings.LOGIN_REDIRECT_URL)


def _provider() -> tuple[OpenIdProvider, ModuleType]:
    if settings.QABOT_OPENID_PROVIDER is None:
        raise Http404
    from qabot import openid_connect  # noqa: PLC0415 - its library is installed only where a provider is set

    return settings.QABOT_OPENID_PROVIDER, openid_connect


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def _refused(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "registration/openid_refused.html", {"sentence": sentence}, status=status)
