"""Count requests and refuse those that come too often: by API key, by user, by address for people not signed in.

For the REST door there is a throttle, for pages there are decorators. How often is too often stands in the settings;
django-ratelimit cuts time into windows, and the counts are in Postgres (rate_cache), so they hold across processes.
"""

import logging
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import get_usage
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from qabot.client_address import client_address
from qabot.database_faults import takes_no_writes
from qabot.models import ApiKey
from qabot.problems import Problem, refuse

P = ParamSpec("P")
log = logging.getLogger(__name__)
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
AnyRequest = HttpRequest | Request

USAGES = "qabot.rate_limits"  # where a request's META notes what it was counted under
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
NEVER_UNCOUNTED = ("signin", "account")  # guessing passwords must not become free when the database takes no writes
MINUTES_FROM, HOURS_FROM = 100, 6000  # seconds; longer waits are told in minutes, in hours
WHAT_WAS_TOO_OFTEN = {
    "ask": _("Too many questions in a short time."),
    "upload": _("Too many uploads in a short time."),
    "api": _("Too many requests in a short time."),
    "picture": _("Too many pages were looked at in a short time."),
    "signin": _("Too many attempts to sign in."),
    "account": _("Too many attempts to sign in."),
}


@dataclass(frozen=True)
class Usage:
    """What a request was counted under, for the response's headers."""

    group: str
    rate: tuple[int, int]  # how often, in how many seconds
    remaining: int
    wait: int  # seconds until all of it is there again


class RateLimited(Problem):
    """Somebody came too often. The message tells them so, and when to come again."""

    def __init__(self, group: str, wait: int) -> None:
        again = gettext("Try again in %(duration)s.") % {"duration": duration(wait)}
        super().__init__(429, "rate_limited", f"{WHAT_WAS_TOO_OFTEN[group]} {again}")
        self.wait = wait  # seconds


def count_request(request: AnyRequest, group: str, subject: str = "") -> None:
    """Count one request of `group` for a subject: whoever calls, if none is named. Raises RateLimited."""
    rate = settings.QABOT_RATES[group]
    if rate is None:
        return
    counted = subject or caller(request)
    try:
        usage = get_usage(request, group=group, key=lambda *_: counted, rate=rate, increment=True)
    except DatabaseError as error:
        if group in NEVER_UNCOUNTED or not takes_no_writes(error):
            raise
        log.warning("not counted", extra={"group": group, "reason": type(error.__cause__).__name__})
        return
    wait = max(usage["time_left"], 0) + 1  # the next window begins a second after this one's last
    if group != "account":  # nobody is told how often others tried a name
        remaining = max(usage["limit"] - usage["count"], 0)
        request.META.setdefault(USAGES, []).append(Usage(group, rate, remaining, wait))
    if usage["should_limit"]:
        raise RateLimited(group, wait)


def caller(request: AnyRequest) -> str:
    """Under which name a request is counted."""
    key = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return f"key:{key.pk}"
    return f"user:{request.user.pk}" if request.user.is_authenticated else address_of(request)


def address_of(request: AnyRequest) -> str:
    meta = request.META
    forwarded_for = meta.get("HTTP_X_FORWARDED_FOR", "")
    return f"address:{client_address(meta.get('REMOTE_ADDR', ''), forwarded_for, settings.TRUSTED_PROXY_HOPS)}"


class RateThrottle(BaseThrottle):
    """The REST door's: a view names its group in `rate_group`, or is counted with all the rest."""

    def allow_request(self, request: Request, view: Any) -> bool:
        count_request(request, getattr(view, "rate_group", "api"))
        return True


def limited(
    group: str, refused: Callable[[HttpRequest, Problem], HttpResponseBase] = refuse
) -> Callable[[View[P]], View[P]]:
    """Count what a page's POSTs cost; `refused` makes the page that says it was too often."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                if request.method in CHANGING:
                    count_request(request, group)
            except RateLimited as error:
                return refused(request, error)
            return view(request, *args, **kwargs)

        return counted

    return decorate


def signin_limited(view: View[P], *, methods: Sequence[str | None] = CHANGING) -> View[P]:
    """Count attempts to sign in by address and, where a user name is given, by that name, be it anybody's or not.

    What the two limits answer is the same for names that exist and names that do not.
    """

    @wraps(view)
    def counted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            if request.method in methods:
                count_request(request, "signin", address_of(request))
                for name in _names(request):
                    count_request(request, "account", name)
        except RateLimited as error:
            return refuse(request, error)
        return view(request, *args, **kwargs)

    return counted


class RateLimitHeadersMiddleware:
    """Tell callers how much is left, as draft-ietf-httpapi-ratelimit-headers-11 spells it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        usages: list[Usage] = request.META.get(USAGES, [])
        if usages:
            policies = [f'"{usage.group}";q={usage.rate[0]};w={usage.rate[1]}' for usage in usages]
            response["RateLimit-Policy"] = ", ".join(policies)
            response["RateLimit"] = ", ".join(f'"{usage.group}";r={usage.remaining};t={usage.wait}' for usage in usages)
        return response


def duration(seconds: int) -> str:
    """For people: "1 second", "42 seconds", "12 minutes", "3 hours"; never too short."""
    if seconds < MINUTES_FROM:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < HOURS_FROM:
        minutes = -(-seconds // 60)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = -(-seconds // 3600)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def _names(request: HttpRequest) -> list[str]:
    """The user name and the e-mail address that were typed, each in one spelling."""
    typed = (request.POST.get(field, "") for field in ("username", "email"))
    names = {unicodedata.normalize("NFKC", name).strip().casefold() for name in typed}
    return sorted(f"name:{name}" for name in names if name)
