import os
import random

import pytest

from documents.parsing import media_types
from documents.parsing.content import CorruptFile, EmptyFile, EncryptedFile, UnsupportedFile
from documents.parsing.media_types import sniff
from tests.documents.parsing.samples import make_epub, make_odt, make_pdf, make_xlsx, make_zip

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (make_pdf([["x"]]), "x.txt", media_types.PDF),
        (b"\n\n" + make_pdf([["x"]]), "x", media_types.PDF),
        (make_xlsx({"S": [["a"]]}), "x.docx", media_types.XLSX),
        (make_zip({"[Content_Types].xml": "", "word/document.xml": ""}), "", media_types.DOCX),
        (make_zip({"[Content_Types].xml": "", "ppt/presentation.xml": ""}), "x.zip", media_types.PPTX),
        (make_odt(""), "x", media_types.ODT),
        (make_epub({}), "x", media_types.EPUB),
        (OLE + "Workbook".encode("utf-16-le"), "x.xls", media_types.XLS),
        (b"a,b", "x.CSV", media_types.CSV),
        (b"# a", "x.md", media_types.MARKDOWN),
        (b"<p>a", "x.html", media_types.HTML),
        (b"  <!DOCTYPE HTML><p>a", "x", media_types.HTML),
        (b"From: a@example.com\n\nb", "x", media_types.EMAIL),
        (b"hello", "x.eml", media_types.EMAIL),
        (b"hello", "x.py", media_types.TEXT),
        (b"hello", "", media_types.TEXT),
        ("héllo".encode("utf-16-le"), "x.txt", media_types.TEXT),
        ("日本語".encode("cp932"), "x.txt", media_types.TEXT),
        ("\ufeff<html>".encode("utf-16"), "x", media_types.HTML),
    ],
)
def test_the_type_is_told_by_content(content, name, media_type):
    assert sniff(content, name) == media_type


@pytest.mark.parametrize("content", [b"", b" \r\n\t", bytes(100), b" " * 200_000])
def test_a_file_of_nothing_is_empty(content):
    with pytest.raises(EmptyFile):
        sniff(content, "x.pdf")


@pytest.mark.parametrize("name", ["x.docx", "x.PDF", "x.xlsx", "x.odt", "x.epub", "x.pptx"])
@pytest.mark.parametrize("content", [b"This is not it", random.Random(1).randbytes(1000), make_zip({"a": "b"})])
def test_a_name_that_promises_another_format_means_a_corrupt_file(content, name):
    with pytest.raises(CorruptFile, match="The name says"):
        sniff(content, name)


def test_a_cut_off_zip_is_corrupt():
    with pytest.raises(CorruptFile):
        sniff(make_zip({"word/document.xml": "x" * 1000})[:-30], "x.docx")


@pytest.mark.parametrize("stream", ["EncryptedPackage", "EncryptionInfo"])
def test_an_encrypted_office_file_is_told_from_a_legacy_one(stream):
    with pytest.raises(EncryptedFile):
        sniff(OLE + stream.encode("utf-16-le"), "x.docx")


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (OLE + "WordDocument".encode("utf-16-le"), "Save it as .docx"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), "Save it as .pptx"),
        (OLE + "__properties_version1.0".encode("utf-16-le"), "Save it as .eml"),
        (OLE, "QABot reads PDF"),
        (b"{\\rtf1 x}", "Save it as .docx"),
        (b"\x89PNG\r\n\x1a\n", "Run OCR"),
        (b"\x1f\x8b\x08", "Unpack it"),
        (make_zip({"a.txt": "a"}), "Unpack it"),
        (make_zip({"mimetype": "application/vnd.oasis.opendocument.presentation"}), "Save it as PDF"),
        (random.Random(2).randbytes(1000), "QABot reads PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_with_advice(content, advice):
    with pytest.raises(UnsupportedFile, match=advice):
        sniff(content, "x.bin")


def test_random_bytes_are_never_text():
    for _ in range(200):
        with pytest.raises(UnsupportedFile):
            sniff(b"\x01\x02" + os.urandom(1000), "x.bin")
