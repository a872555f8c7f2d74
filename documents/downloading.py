"""Send an original as it was uploaded, part by part: memory stays flat, and a slow reader holds no connection."""

from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from documents.models import Document
from documents.uploading import original_bytes


def original_response(document: Document, media_type: str = "") -> StreamingHttpResponse:
    """The original to be saved; shown in the browser where a media type is given that is safe to show.

    Without one it is bytes of no kind: a stranger's HTML must not run on this site.
    """
    response = StreamingHttpResponse(
        without_holding_a_connection(original_bytes(document)), content_type=media_type or "application/octet-stream"
    )
    response["Content-Length"] = str(document.size_bytes)
    response["Content-Disposition"] = content_disposition_header(not media_type, document.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def without_holding_a_connection(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Give the database connection back while a slow reader takes a part: there are four for a whole process."""
    for part in parts:
        if not connection.in_atomic_block:
            connection.close()
        yield part
