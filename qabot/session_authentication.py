"""Recognise a browser's session at the REST door."""

from typing import Any, cast

from django.conf import settings
from drf_spectacular.authentication import SessionScheme
from rest_framework import authentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request


class WithoutForm:
    """A request as the check for its CSRF token sees it. The token comes in the header.

    Of a POST that check would first look into the form, and so read an upload before anybody asked who sends it.
    """

    method = "PUT"

    def __init__(self, request: Any) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


class SessionAuthentication(authentication.SessionAuthentication):
    """A request with a session's cookie needs that session's CSRF token, an anonymous visitor's too."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        authenticated: tuple[Any, None] | None = super().authenticate(request)
        if authenticated is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
            self.enforce_csrf(request)
        return authenticated

    def enforce_csrf(self, request: Any) -> None:
        changing = request.method not in SAFE_METHODS
        super().enforce_csrf(cast(Request, WithoutForm(request)) if changing else request)


class OurSessionScheme(SessionScheme):
    """Describes it in the OpenAPI document as what it is."""

    target_class = "qabot.session_authentication.SessionAuthentication"
