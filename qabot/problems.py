"""How the REST door says no: `application/problem+json` (RFC 9457) with a code for programs and the request's id.

Knows nothing of documents or answers: their views raise `Problem` with the code and sentence of what went wrong.
"""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as NotPermitted

from qabot.appearance import appearance
from qabot.database_faults import takes_no_writes

MEDIA_TYPE = "application/problem+json"
API_PREFIX = "/api/"
DATABASE_AWAY = (OperationalError, InterfaceError)
DATABASE_RETRY_SECONDS, WRITES_RETRY_SECONDS = "5", "60"
NOT_AVAILABLE = _("The database is not available. Try again in a moment.")
NO_WRITES = _("The database takes no changes just now: it is full, or read-only. Nothing was saved. Try again later.")
TOO_MANY_FILES = _("These are more files than can be taken at once. Please upload fewer at a time.")
NOTHING_HERE = _("There is nothing at this address.")
BROKEN = _("Something went wrong on the server. Name the request id when you report it.")
TOO_LARGE = _("The request is larger than what can be taken.")
UNREADABLE = _("The request cannot be read.")

log = logging.getLogger(__name__)


class Problem(APIException):
    """A refusal with its own status and code; the detail is for the person who reads it."""

    wait: int | None = None  # seconds, where waiting helps

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """DRF's exception handler. None leaves the error to Django, which logs it and calls `server_error`."""
    request = context["request"]
    if takes_no_writes(error):
        log.error("database takes no writes", extra={"reason": type(error.__cause__).__name__})
        return no_writes(request)
    if isinstance(error, DATABASE_AWAY):
        log.error("database not available", extra={"reason": type(error).__name__})
        return database_unavailable(request)
    refusal = _as_api_exception(error)
    if refusal is None:
        return None
    response = problem(request, refusal.status_code, _code(refusal), _sentence(refusal), **_errors(refusal))
    for header, attribute in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait")):
        if value := getattr(refusal, attribute, None):
            response[header] = str(value)
    return response


def problem(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """A JSON response whatever the client accepts: an error that cannot be read helps nobody."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
        **more,
    }
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: an address under /api/ that leads nowhere is a problem, any other a page."""
    if request.path.startswith(API_PREFIX):
        return problem(request, 404, "not_found", str(NOTHING_HERE))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: what Django itself refuses to read."""
    detail = str(TOO_MANY_FILES if isinstance(exception, TooManyFilesSent) else UNREADABLE)
    return refuse(request, Problem(400, "bad_request", detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: what went wrong is in the log, under the request's id. A database that is away comes back: 503."""
    error = sys.exception()
    if error is not None and takes_no_writes(error):
        return no_writes(request)
    if isinstance(error, DATABASE_AWAY):
        return database_unavailable(request)
    if request.path.startswith(API_PREFIX):
        return problem(request, 500, "server_error", str(BROKEN))
    return _bare_page(request, 500)


def refuse(request: HttpRequest, refusal: Problem) -> HttpResponse:
    """Say no where no view of the REST door does it: a problem under /api/, elsewhere the page of that status."""
    detail = str(refusal.detail)
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = problem(request, refusal.status_code, _code(refusal), detail)
    else:
        templates = [f"{refusal.status_code}.html", "400.html"]
        response = render(request, templates, {"sentence": detail}, status=refusal.status_code)
    if refusal.wait is not None:
        response["Retry-After"] = str(refusal.wait)
    return response


def database_unavailable(request: HttpRequest) -> HttpResponse:
    """A problem, or a page that asks nothing of the database, not even who is signed in."""
    return _unavailable(request, "database_unavailable", str(NOT_AVAILABLE), DATABASE_RETRY_SECONDS)


def no_writes(request: HttpRequest) -> HttpResponse:
    """The database can be read from, but what was asked for has to be stored."""
    return _unavailable(request, "database_read_only", str(NO_WRITES), WRITES_RETRY_SECONDS)


def _unavailable(request: HttpRequest, code: str, sentence: str, retry_seconds: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = problem(request, 503, code, sentence)
    else:
        again = "yes" if request.method == "GET" else ""  # what was sent is not sent again by itself
        response = _bare_page(request, 503, sentence=sentence, again=again, retry_seconds=retry_seconds)
    response["Retry-After"] = retry_seconds
    return response


def _bare_page(request: HttpRequest, status: int, **context: str) -> HttpResponse:
    """A page that asks nothing of what may be away or broken: no session, no database, no context processors."""
    known = {
        **appearance(request),
        "site_name": settings.SITE_NAME,
        "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
    }
    return HttpResponse(get_template(f"{status}.html").render({**known, **context}), status=status)


@csrf_exempt  # nothing is done, and a page on CSRF would be no problem+json
def no_such_endpoint(request: HttpRequest) -> HttpResponse:
    """The last address under /api/: answers the same with DEBUG, where Django would show its own page."""
    return problem(request, 404, "not_found", str(NOTHING_HERE))


def _as_api_exception(error: Exception) -> APIException | None:
    if isinstance(error, APIException):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return NotPermitted()
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "too_large", str(TOO_LARGE))
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return Problem(400, "bad_request", str(UNREADABLE))
    return None


def _code(refusal: APIException) -> str:
    if isinstance(refusal, ValidationError):
        return "invalid"
    codes = refusal.get_codes()
    return codes if isinstance(codes, str) else refusal.default_code


def _sentence(refusal: APIException) -> str:
    if isinstance(refusal, ValidationError):
        return "; ".join(f"{field}: {sentences[0]}" for field, sentences in _fields(refusal.detail))
    return str(refusal.detail)


def _errors(refusal: APIException) -> dict[str, Any]:
    if not isinstance(refusal, ValidationError):
        return {}
    return {"errors": dict(_fields(refusal.detail))}


def _fields(detail: Any, name: str = "") -> list[tuple[str, list[str]]]:
    """The sentences of a validation error by the path of their field: "documents.0"."""
    if isinstance(detail, dict):
        return [pair for key, inner in detail.items() for pair in _fields(inner, f"{name}.{key}" if name else str(key))]
    if any(isinstance(inner, dict | list) for inner in detail):
        inners = enumerate(detail)
        return [pair for position, inner in inners if inner for pair in _fields(inner, f"{name}.{position}")]
    return [(name, [str(sentence) for sentence in detail])]
