"""Write one collection into one file: originals, pages, chunks and vectors, of one moment.

Knows nothing of who may: commands call it. A page or a few hundred chunks are in memory at a time.
"""

import hashlib
import json
import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection, transaction

from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex, Page, Status
from documents.transfer.layout import (
    MANIFEST,
    ORIGINAL,
    TEXT,
    VECTOR_TYPE,
    VECTORS,
    CollectionRecord,
    DocumentRecord,
    Manifest,
    member_name,
    token_fingerprint,
)
from documents.uploading import original_bytes

CHUNKS_AT_ONCE = 500
OF_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

OnProgress = Callable[[int, int], None]  # documents done, of how many


class FileExists(Exception):
    """There is a file of this name already."""


class _Members:
    """Writes members one after the other, and remembers each one's size and checksum."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.written: dict[str, tuple[int, str]] = {}

    def write(self, name: str, pieces: Iterator[bytes], *, compress: bool = False) -> None:
        # Originals mostly are compressed already, and vectors hardly shrink.
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        size, digest = 0, hashlib.sha256()
        with self.archive.open(entry, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
        self.written[name] = size, digest.hexdigest()


def export_collection(collection: Collection, path: Path, *, overwrite: bool, on_progress: OnProgress) -> Manifest:
    """Export a collection; under its own name the file is there whole, or not at all. Raises FileExists and OSError."""
    if path.exists() and not overwrite:
        raise FileExists(f"{path} exists already. Take another name, or --force to replace it.")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                manifest = _write(collection, archive, on_progress)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _write(collection: Collection, archive: zipfile.ZipFile, on_progress: OnProgress) -> Manifest:
    members = _Members(archive)
    with transaction.atomic():
        _hold_the_moment()
        index = EmbeddingIndex.objects.active()
        ids = list(Document.objects.filter(collection=collection).order_by("pk").values_list("pk", flat=True))
        for number, document_id in enumerate(ids, start=1):
            _write_document(Document.objects.get(pk=document_id), number, index, members)
            on_progress(number, len(ids))
    manifest = Manifest(
        collection=CollectionRecord(
            collection.slug, collection.name, collection.description, collection.readers, collection.adders
        ),
        documents=len(ids),
        model=index.model if index else "",
        dimensions=index.dimensions if index else 0,
        tokens=token_fingerprint(),
        members=dict(members.written),
    )
    members.write(MANIFEST, iter([json.dumps(manifest.as_json(), ensure_ascii=False).encode()]), compress=True)
    return manifest


def _hold_the_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute(OF_ONE_MOMENT)


def _write_document(document: Document, number: int, index: EmbeddingIndex | None, members: _Members) -> None:
    indexed = index is not None and _is_indexed(document, index)
    members.write(member_name(number, ORIGINAL), original_bytes(document))
    members.write(member_name(number, TEXT), _text_lines(document, indexed=indexed), compress=True)
    if index is not None and indexed:
        members.write(member_name(number, VECTORS), _vectors(document, index))


def _is_indexed(document: Document, index: EmbeddingIndex) -> bool:
    embedded = Embedding.objects.filter(index=index, chunk__document=document).count()
    return document.status == Status.READY and embedded == document.chunks_total


def _text_lines(document: Document, *, indexed: bool) -> Iterator[bytes]:
    """The document's record, and if it is indexed each page followed by its chunks."""
    pages = Page.objects.filter(document=document) if indexed else Page.objects.none()
    record = DocumentRecord(
        name=document.name,
        size_bytes=document.size_bytes,
        sha256=document.sha256,
        about=document.about,
        quarantine_reason=document.quarantine_reason,
        pages=pages.count(),
        chunks=document.chunks_total if indexed else 0,
    )
    yield _line(asdict(record))
    chunks = _chunks(document)
    chunk = next(chunks, None)
    for number in list(pages.values_list("number", flat=True)):
        page = pages.get(number=number)
        yield _line({"number": page.number, "label": page.label, "text": page.text, "headings": page.headings})
        while chunk is not None and chunk.page_number == number:
            yield _line(_chunk(chunk))
            chunk = next(chunks, None)


def _chunks(document: Document) -> Iterator[Chunk]:
    last = -1
    while batch := list(Chunk.objects.filter(document=document, ordinal__gt=last)[:CHUNKS_AT_ONCE]):
        yield from batch
        last = batch[-1].ordinal


def _chunk(chunk: Chunk) -> dict[str, Any]:
    """Its text is its page's; a sparse vector counts dimensions from 0, and a token is its dimension counted from 1."""
    weights = dict(zip(chunk.weights.indices(), chunk.weights.values(), strict=True))
    return {
        "start": chunk.start,
        "end": chunk.end,
        "headings": chunk.heading_path,
        "tokens": [dimension + 1 for dimension in sorted(weights)],
        # Nine digits are all there are in a weight's 32 bits.
        "weights": [float(f"{weights[dimension]:.9g}") for dimension in sorted(weights)],
    }


def _vectors(document: Document, index: EmbeddingIndex) -> Iterator[bytes]:
    last = -1
    embeddings = Embedding.objects.filter(index=index, chunk__document=document)
    while rows := list(
        embeddings.filter(chunk__ordinal__gt=last)
        .order_by("chunk__ordinal")
        .values_list("chunk__ordinal", "vector", "token_signs")[:CHUNKS_AT_ONCE]
    ):
        for _, vector, signs in rows:
            kept = bytes(signs or b"")
            yield np.asarray(vector, VECTOR_TYPE).tobytes()
            yield struct.pack("<L", len(kept)) + kept
        last = rows[-1][0]


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
