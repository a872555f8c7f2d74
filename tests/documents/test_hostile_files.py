"""Files that bring a parser down: each fails its own document with a plain reason, and the worker takes the next."""

import os
import zlib
from dataclasses import replace
from io import BytesIO

import pytest

from documents.models import Chunk, Document, StagedPage, Status
from documents.options import indexing_options
from documents.parsing.content import FileTooLarge, UnsupportedFile
from documents.uploading import accept_upload
from documents.worker import work_once
from tests.documents.parsing.samples import make_zip
from tests.library import make_collection, upload_text

MEBIBYTE = 1024 * 1024
OPENING = {"[Content_Types].xml": "<Types/>"}


def pdf_of(stream: bytes, filters: str) -> bytes:
    """A PDF of one page whose content is this stream."""
    head = (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>endobj\n"
        f"4 0 obj<</Length {len(stream)}/Filter{filters}>>stream\n"
    )
    return head.encode() + stream + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def deflated(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b" " * MEBIBYTE) for _ in range(mebibytes)) + packer.flush()


HOSTILE = {
    "zlib bomb.pdf": pdf_of(zlib.compress(deflated(400), 9), "[/FlateDecode/FlateDecode]"),
    "zip bomb.docx": make_zip({**OPENING, "word/document.xml": b" " * (60 * MEBIBYTE)}),
    "many parts.docx": make_zip({**OPENING, **{f"word/{n}.xml": os.urandom(900) * 800 for n in range(3)}}),
    "cpu loop.html": b"<html>" + b'<div><a title="</div>">' * 100_000,
    "deep.html": b"<html>" + b"<div>" * 100_000 + b"deep",
    "cells.csv": b"a,b,c\n" * 2000,
    "long.txt": b"word " * 60_000,
}


@pytest.mark.django_db
def test_each_fails_its_document_alone_and_the_worker_goes_on():
    shelf = make_collection()
    for name, content in HOSTILE.items():
        accept_upload(BytesIO(content), name, shelf, None, 10 * MEBIBYTE)
    upload_text(shelf, "good.txt", "Cats purr when they are content.")
    options = indexing_options()
    tight = replace(
        options.limits, memory_bytes=150 * MEBIBYTE, cpu_seconds=2, max_cells=1000, max_characters=100_000,
        max_inflated_bytes=2 * MEBIBYTE,
    )  # fmt: skip

    while work_once(replace(options, limits=tight)):
        pass

    told = {document.name: document for document in Document.objects.all()}
    assert told.pop("good.txt").status == Status.READY
    assert {(document.status, document.attempts) for document in told.values()} == {(Status.FAILED, 1)}
    codes = {name: document.error_code for name, document in told.items()}
    assert codes.pop("cpu loop.html") in ("parser_failed", "no_text")  # by the time it is allowed, or just before it
    assert codes == {
        "zlib bomb.pdf": "parser_failed",
        "zip bomb.docx": "too_large",
        "many parts.docx": "too_large",
        "deep.html": "too_large",
        "cells.csv": "too_large",
        "long.txt": "too_large",
    }
    assert all(document.error.endswith(".") and "Error" not in document.error for document in told.values())
    assert (StagedPage.objects.count(), Chunk.objects.count()) == (0, 1)


@pytest.mark.django_db
def test_an_archive_is_refused_at_the_door_whatever_it_calls_itself():
    entries = make_zip({str(n): "" for n in range(10_001)})
    nested = make_zip({"bomb.zip": make_zip({"0": b"0" * MEBIBYTE})})

    for name in ("a.zip", "a.docx", "a.txt"):
        with pytest.raises(FileTooLarge, match="more than 10,000 parts"):
            accept_upload(BytesIO(entries), name, make_collection(name.replace(".", "-")), None, 10 * MEBIBYTE)
    with pytest.raises(UnsupportedFile, match="Unpack it"):
        accept_upload(BytesIO(nested), "a.zip", make_collection(), None, 10 * MEBIBYTE)

    assert not Document.objects.exists()
