"""Bound what a request to the REST door may bring, before any of it is read: 512 MB must do for many at once."""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from qabot.problems import Problem

FORM_BYTES = 1024 * 1024  # what a form may weigh beside its file


class StrictJSONParser(JSONParser):
    """JSON that is nested too deep to read is the client's mistake, not the server's."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep.") from None


class BoundedBody(APIView):
    """A view that refuses a body by its announced size. A body without one is read as empty by Django."""

    parser_classes: Any = [StrictJSONParser]

    def max_body_bytes(self) -> int:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before authentication: checking a session's CSRF token reads the whole form, the file with it.
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > self.max_body_bytes():
            raise Problem(413, "too_large", "The request is larger than what can be taken.")
        super().initial(request, *args, **kwargs)
