"""Send an original as it was uploaded, part by part: memory stays flat, and a slow reader holds no connection.

A stranger wrote the file: it is saved to disk, and where a browser shows it nevertheless it may do nothing.
"""

import re
from collections.abc import Iterable, Iterator

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from documents.models import Document
from documents.uploading import original_bytes

ORIGINAL_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
# Characters that turn a name around or hide a part of it: "invoice\u202efdp.exe" reads "invoiceexe.pdf" in a folder.
MISLEADING = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def original_response(document: Document) -> StreamingHttpResponse:
    """The original as bytes of no kind, to be saved under the document's name."""
    response = StreamingHttpResponse(
        without_holding_a_connection(original_bytes(document)), content_type="application/octet-stream"
    )
    response["Content-Length"] = str(document.size_bytes)
    response["Content-Disposition"] = content_disposition_header(True, download_name(document.name))
    response["Content-Security-Policy"] = ORIGINAL_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def download_name(name: str) -> str:
    """A document's name as a name for a file on somebody's disk: it reads as it is, and lies in no other folder."""
    plain = MISLEADING.sub("", name).replace("/", "_").replace("\\", "_")
    return plain if plain.strip(" .") else "original"


def without_holding_a_connection(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Give the database connection back while a slow reader takes a part: there are four for a whole process."""
    for part in parts:
        if not connection.in_atomic_block:
            connection.close()
        yield part
