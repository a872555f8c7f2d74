"""Open zip-based files without being bombed: entries, ratio and total are counted while inflating. Knows no format."""

import io
import zipfile
import zlib

from documents.parsing.content import CorruptFile, EncryptedFile, FileTooLarge
from documents.parsing.limits import MEBIBYTE, Limits

_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1
_STEP_BYTES = 64 * 1024
_SMALL_BYTES = MEBIBYTE  # an entry this small is no bomb whatever its ratio
_DOCTYPE = b"<!DOCTYPE"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


def open_archive(content: bytes, max_entries: int) -> zipfile.ZipFile:
    """The archive's directory, read with bounded memory. Raises CorruptFile or FileTooLarge."""
    # Counted before the directory is read: a million entries are a gigabyte of Python objects.
    if content.count(_CENTRAL_ENTRY) > max_entries:
        raise FileTooLarge(f"The file is an archive of more than {max_entries:,} parts.")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGED as error:
        raise CorruptFile("The file is damaged: its zip container cannot be read.") from error


def check_archive(content: bytes, limits: Limits, *, allow_doctype: bool = False) -> None:
    """Inflate everything once, keeping nothing.

    Raises FileTooLarge, EncryptedFile, or CorruptFile (a damaged part, or a DTD, which no office file needs).
    """
    with open_archive(content, limits.max_zip_entries) as archive:
        total = 0
        for entry in archive.infolist():
            if entry.flag_bits & _ENCRYPTED_FLAG:
                raise EncryptedFile("The file is protected by a password. Remove the password and upload it again.")
            total += _check_entry(archive, entry, limits, limits.max_inflated_bytes - total, allow_doctype)


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part of an archive that has been checked. Raises CorruptFile if it is missing or damaged."""
    try:
        return archive.read(name)
    except (KeyError, *_DAMAGED) as error:
        raise CorruptFile(f"The file is damaged: its part {name!r} is missing or cannot be read.") from error


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits, allowed: int, allow_doctype: bool
) -> int:
    """Inflated size of one entry, in bytes."""
    size, tail = 0, b""
    largest = max(_SMALL_BYTES, entry.compress_size * limits.max_zip_ratio)
    try:
        with archive.open(entry) as part:
            while step := part.read(_STEP_BYTES):
                size += len(step)
                if size > allowed or size > largest:
                    raise FileTooLarge("The file inflates to far more than its size: it looks like a zip bomb.")
                tail = tail[-len(_DOCTYPE) :] + step.replace(b"\0", b"")  # without NUL, UTF-16 reads as ASCII
                if not allow_doctype and _is_xml(entry) and _DOCTYPE in tail:
                    raise CorruptFile("The file holds XML with a document type, which this format does not allow.")
    except _DAMAGED as error:
        raise CorruptFile(f"The file is damaged: its part {entry.filename!r} cannot be read.") from error
    return size


def _is_xml(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith((".xml", ".rels"))
