"""Take in a file: check it, and store the document and its original in one transaction.

Knows nothing of HTTP: pages, the admin, the API and commands call `accept_upload`. What is accepted is never lost.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from documents.models import Collection, Document, OriginalPart
from documents.parsing.content import FileTooLarge
from documents.parsing.media_types import sniff

PART_BYTES = 1024 * 1024
MAX_NAME_CHARACTERS = 255
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters and lone surrogates


class Readable(Protocol):
    """A file opened for reading bytes: an upload, or a file on disk."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Upload:
    """An accepted upload: its document, and whether that document stood there before."""

    document: Document
    created: bool


def accept_upload(file: Readable, name: str, collection: Collection, uploader: Any, max_bytes: int) -> Upload:
    """Store a file as a document waiting to be indexed; the same bytes in the same collection are stored once.

    Raises a ParsingError where the file is too large, empty, encrypted, damaged or of a kind that is not read.
    """
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FileTooLarge(f"The file is larger than {max_bytes // (1024 * 1024)} MB, the most that can be uploaded.")
    name = clean_name(name)
    media_type = sniff(content, name)
    digest = hashlib.sha256(content).hexdigest()
    existing = Document.objects.filter(collection=collection, sha256=digest).first()
    if existing is not None:
        return Upload(existing, created=False)
    owner = None if uploader is None or isinstance(uploader, AnonymousUser) else uploader
    try:
        with transaction.atomic():
            document = Document.objects.create(
                collection=collection,
                name=name,
                media_type=media_type,
                size_bytes=len(content),
                sha256=digest,
                uploader=owner,
            )
            for part in _parts(document, content):
                part.save(force_insert=True)
    except IntegrityError:
        # Somebody else uploaded the same bytes at the same moment; any other breach has no such document and goes on.
        existing = Document.objects.filter(collection=collection, sha256=digest).first()
        if existing is None:
            raise
        return Upload(existing, created=False)
    return Upload(document, created=True)


def original_bytes(document: Document) -> Iterator[bytes]:
    """A document's original, part by part: one part in memory at a time, and no cursor that outlives a statement."""
    for number in range(-(-document.size_bytes // PART_BYTES)):
        yield bytes(document.original_parts.values_list("content", flat=True).get(number=number))


def clean_name(name: str) -> str:
    """A file's name as it is kept and shown: no folders, nothing Postgres refuses, its ending kept when it is cut."""
    base = UNSTORABLE.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if len(base) <= MAX_NAME_CHARACTERS:
        return base or "untitled"
    stem, dot, ending = base.rpartition(".")
    if not dot or len(ending) > 10:
        return base[:MAX_NAME_CHARACTERS]
    return stem[: MAX_NAME_CHARACTERS - len(ending) - 1] + "." + ending


def _parts(document: Document, content: bytes) -> Iterator[OriginalPart]:
    for number, start in enumerate(range(0, len(content), PART_BYTES)):
        yield OriginalPart(document=document, number=number, content=content[start : start + PART_BYTES])
