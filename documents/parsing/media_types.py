"""Tell what a file is by its content. A name is only a hint between kinds of text; it never overrules content."""

from pathlib import PurePath

from documents.parsing.archive import open_archive
from documents.parsing.content import CorruptFile, EmptyFile, EncryptedFile, UnsupportedFile
from documents.parsing.plain_text import SAMPLE_BYTES, unicode_encoding

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
EPUB = "application/epub+zip"
HTML = "text/html"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TEXT = "text/plain"
EMAIL = "message/rfc822"

_MAX_ZIP_ENTRIES = 10_000
_TEXT_SUFFIXES = {
    ".html": HTML, ".htm": HTML, ".xhtml": HTML, ".md": MARKDOWN, ".markdown": MARKDOWN,
    ".csv": CSV, ".tsv": CSV, ".txt": TEXT, ".eml": EMAIL,
}  # fmt: skip
_READABLE_SUFFIXES = frozenset([
    ".pdf", ".docx", ".docm", ".dotx", ".pptx", ".pptm", ".xlsx", ".xlsm", ".xlsb", ".xls", ".odt", ".ods", ".epub",
])  # fmt: skip
_READABLE = "PDF, DOCX, PPTX, XLSX, XLS, ODT, ODS, EPUB, HTML, Markdown, CSV, EML and plain text"
_OLD_WORD = "This is an old Word file (.doc). Save it as .docx or PDF and upload that."
_OLD_POWERPOINT = "This is an old PowerPoint file (.ppt). Save it as .pptx or PDF and upload that."
_OUTLOOK = "This is an Outlook message (.msg). Save it as .eml or PDF and upload that."
_RICH_TEXT = "This is a rich text file (.rtf). Save it as .docx or PDF and upload that."
_PICTURE = "This is a picture. Run OCR over it, save the result as PDF and upload that."
_ARCHIVE = "This is an archive. Unpack it and upload the documents in it."
_OTHER_KIND = f"This kind of file cannot be read. QABot reads {_READABLE}."
# Endings of what is not read, and what to do instead: said before such a file is sent, where its name is all there is.
REFUSED_SUFFIXES: dict[str, str] = {
    ".doc": _OLD_WORD, ".ppt": _OLD_POWERPOINT, ".msg": _OUTLOOK, ".rtf": _RICH_TEXT, ".odp": _OTHER_KIND,
    **dict.fromkeys([".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp"], _PICTURE),
    **dict.fromkeys([".zip", ".gz", ".7z", ".rar"], _ARCHIVE),
}  # fmt: skip
_OOXML_FOLDERS = (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX))
_MIMETYPE_ENTRIES = {EPUB: EPUB, ODT: ODT, ODS: ODS}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = ("EncryptedPackage", "EncryptionInfo")
_OLE_LEGACY = (  # a stream that the format always has, and what to say
    ("WordDocument", _OLD_WORD),
    ("PowerPoint Document", _OLD_POWERPOINT),
    ("__properties_version", _OUTLOOK),
)
_REFUSED_STARTS = (
    (b"{\\rtf", _RICH_TEXT),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"PK\x03\x04", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
)
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x08\x1b")
_MAX_CONTROL_SHARE = 0.01


def sniff(content: bytes, name: str) -> str:
    """The media type of a file that QABot reads.

    Raises EmptyFile, EncryptedFile, CorruptFile (the name promises a format that the content is not) or
    UnsupportedFile, whose message says what to convert to.
    """
    if not content[:SAMPLE_BYTES].strip(b"\0 \t\r\n") and not content.strip(b"\0 \t\r\n"):
        raise EmptyFile("The file is empty.")
    suffix = PurePath(name.lower()).suffix
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(b"PK\x03\x04") and (found := _sniff_zip(content)):
        return found
    if content.startswith(_OLE):
        return _sniff_ole(content)
    _refuse_other_formats(content, suffix)
    if not _is_text(content):
        raise UnsupportedFile(_OTHER_KIND)
    return _TEXT_SUFFIXES.get(suffix) or _sniff_text(content)


def _refuse_other_formats(content: bytes, suffix: str) -> None:
    """Refuse what is not text: content that is not what its name promises, or that has a known signature."""
    misnamed = f"The name says {suffix} but the content is something else: the file is damaged or misnamed."
    if suffix in _READABLE_SUFFIXES:
        raise CorruptFile(misnamed)
    for start, message in _REFUSED_STARTS:
        if content.startswith(start):
            raise UnsupportedFile(message)
    if suffix in REFUSED_SUFFIXES:
        raise CorruptFile(misnamed)


def _sniff_zip(content: bytes) -> str | None:
    with open_archive(content, _MAX_ZIP_ENTRIES) as archive:
        names = archive.namelist()
        for folder, media_type in _OOXML_FOLDERS:
            if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
                return media_type
        if "mimetype" in names:
            try:
                declared = archive.open("mimetype").read(100).decode("ascii", "replace").strip()
            except (OSError, ValueError, RuntimeError) as error:
                raise CorruptFile("The file is damaged: its zip container cannot be read.") from error
            if declared not in _MIMETYPE_ENTRIES:
                raise UnsupportedFile(f"This kind of document ({declared}) cannot be read. Save it as PDF.")
            return _MIMETYPE_ENTRIES[declared]
    return None


def _sniff_ole(content: bytes) -> str:
    if any(_has_stream(content, stream) for stream in _OLE_ENCRYPTED):
        raise EncryptedFile("The file is protected by a password. Remove the password and upload it again.")
    for stream, message in _OLE_LEGACY:
        if _has_stream(content, stream):
            raise UnsupportedFile(message)
    if _has_stream(content, "Workbook") or _has_stream(content, "Book"):
        return XLS
    raise UnsupportedFile(f"This is an old Office format. QABot reads {_READABLE}.")


def _has_stream(content: bytes, name: str) -> bool:
    return name.encode("utf-16-le") in content


def _is_text(content: bytes) -> bool:
    """Whether a file without a known signature is text: hardly any control characters, no zero bytes but UTF-16's."""
    if unicode_encoding(content):
        return True
    sample = content[:SAMPLE_BYTES]
    controls = sum(1 for byte in sample if byte < 32 and byte not in _TEXT_CONTROLS)
    return 0 not in sample and controls <= len(sample) * _MAX_CONTROL_SHARE


def _sniff_text(content: bytes) -> str:
    start = (
        content[:SAMPLE_BYTES].decode(unicode_encoding(content) or "utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    )
    if start[:2000].lower().startswith(("<!doctype html", "<html")):
        return HTML
    if start.startswith(("From: ", "Received: ", "Return-Path: ", "MIME-Version: ", "Delivered-To: ")):
        return EMAIL
    return TEXT
