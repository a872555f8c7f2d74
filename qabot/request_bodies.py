"""Bound what a request may bring, before any of it is read: 512 MB must do for many at once.

A body is read only when its announced length and, where files are taken, who sends it are known to be right.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from qabot.problems import Problem, refuse

FORM_BYTES = 1024 * 1024  # what a form may weigh beside its files
TAKES_FILES = "takes_files"  # marks a view

AnyView = TypeVar("AnyView", bound=Callable[..., Any])


class StrictJSONParser(JSONParser):
    """JSON that is nested too deep to read is the client's mistake, not the server's."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep.") from None


def check_announced(request: HttpRequest | Request, most_bytes: int) -> None:
    """Raise a Problem where the body is of no announced length, which Django would read as empty, or too long."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    if not announced and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise Problem(411, "length_required", _("Send the request's length in the Content-Length header."))
    if announced.isascii() and announced.isdigit() and int(announced) > most_bytes:
        raise Problem(413, "too_large", _("The request is larger than what can be taken."))


class BoundedBody(APIView):
    """A view of the REST door that refuses a body by its announced size, before it asks who sends it."""

    parser_classes: Any = [StrictJSONParser]

    def max_body_bytes(self) -> int:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_announced(request, self.max_body_bytes())
        super().initial(request, *args, **kwargs)


def takes_files(view: AnyView) -> AnyView:
    """Mark a page's view whose form brings files: of people who are signed in, up to MAX_FORM_BYTES are read."""
    setattr(view, TAKES_FILES, True)
    return view


class BoundedBodyMiddleware:
    """The same for pages. Stands before the check for CSRF tokens, which reads a form, and spools its files to disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponseBase | None:
        if getattr(view, "csrf_exempt", False):
            return None  # of the REST door: nothing is read before the view itself does
        files = getattr(view, TAKES_FILES, False)
        if files and request.method == "POST" and not request.user.is_authenticated:
            return redirect_to_login(settings.LOGIN_REDIRECT_URL)
        try:
            check_announced(request, settings.QABOT_MAX_FORM_BYTES if files else FORM_BYTES)
        except Problem as refusal:
            return refuse(request, refusal)
        return None
