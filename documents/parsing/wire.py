"""The records that the parser child writes and its parent reads: a length and a line of JSON. Knows no processes."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from documents.parsing.content import Heading, ParsedPage, ParserFailed, ParsingError

MAX_RECORD_BYTES = 16 * 1024 * 1024  # what the parent holds at most, whatever the child sends
MAX_DRAWN_CHARACTERS = 6 * 1024 * 1024  # of Base64, of a picture and of its boxes each
_LENGTH_BYTES = 4
_MAX_POINTS = 1_000_000  # of a side of a page
_MAX_INTEGER = 2**31 - 1  # of an integer column
_MAX_MESSAGE_CHARACTERS = 1000
_PLAIN_WORDS = re.compile("[a-z ,]{0,100}")  # it goes into the log
_DIGEST = re.compile("[0-9a-f]{64}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # refused by Postgres
_ERRORS = {error.code: error for error in ParsingError.__subclasses__()}


@dataclass(frozen=True)
class PageRecord:
    total: int  # pages of the document, as known so far
    page: ParsedPage


@dataclass(frozen=True)
class ErrorRecord:
    code: str
    message: str
    detail: str = ""  # a traceback, for the log

    def error(self) -> ParsingError:
        return _ERRORS.get(self.code, ParsingError)(self.message)


@dataclass(frozen=True)
class DoneRecord:
    pages: int
    not_confined: str = ""  # what the platform could not close to the child


@dataclass(frozen=True)
class DrawnRecord:
    """A page that was drawn, its bytes in Base64; what they are, documents.parsing.drawing says."""

    width: float  # points
    height: float
    digest: str
    boxes: str
    picture: str


Record = PageRecord | ErrorRecord | DoneRecord | DrawnRecord
_NAMES: dict[type[Record], str] = {PageRecord: "page", ErrorRecord: "error", DoneRecord: "done", DrawnRecord: "drawn"}


def pack(record: Record) -> bytes:
    fields = json.dumps([_NAMES[type(record)], asdict(record)], ensure_ascii=False)
    line = fields.encode("utf-8", errors="replace") + b"\n"
    return len(line).to_bytes(_LENGTH_BYTES, "big") + line


def take(buffer: bytearray) -> Record | None:
    """The first whole record, removed from the buffer; None while it is incomplete. Raises ParserFailed."""
    if len(buffer) < _LENGTH_BYTES:
        return None
    end = _LENGTH_BYTES + int.from_bytes(buffer[:_LENGTH_BYTES], "big")
    if end > MAX_RECORD_BYTES:
        raise ParserFailed("The file could not be read: one of its pages is too large.")
    if len(buffer) < end:
        return None
    line = bytes(buffer[_LENGTH_BYTES:end])
    del buffer[:end]
    return _unpack(line)


def _unpack(line: bytes) -> Record:
    try:
        name, fields = json.loads(line)
        if name == "page":
            return PageRecord(_integer(fields["total"]), _page(**fields["page"]))
        if name == "done":
            return _done(**fields)
        if name == "drawn":
            return _drawn(**fields)
        return _error(**fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ParserFailed("The file could not be read: its parser sent something that is not a page.") from error


# A parser that a file took over writes what it likes: only what a page may hold comes through to the database.


def _page(number: int, label: str, text: str, headings: list[dict[str, Any]], about: str) -> ParsedPage:
    _texts(label, text, about)
    marked = tuple(_heading(**heading) for heading in headings)
    return ParsedPage(_integer(number), label, text, marked, about)


def _heading(start: int, level: int, text: str) -> Heading:
    _texts(text)
    return Heading(_integer(start), _integer(level), text)


def _error(code: str, message: str, detail: str) -> ErrorRecord:
    _texts(code, message, detail)
    return ErrorRecord(code, message[:_MAX_MESSAGE_CHARACTERS], detail)


def _done(pages: int, not_confined: str) -> DoneRecord:
    if not _PLAIN_WORDS.fullmatch(not_confined):
        raise ValueError("not what a platform lacks")
    return DoneRecord(_integer(pages), not_confined)


def _drawn(width: Any, height: Any, digest: str, boxes: str, picture: str) -> DrawnRecord:
    _texts(boxes, picture)
    sides = (width, height)
    if any(type(side) is not float or not 0 < side <= _MAX_POINTS for side in sides):
        raise ValueError("not the size of a page")
    if not _DIGEST.fullmatch(digest) or not picture or max(len(boxes), len(picture)) > MAX_DRAWN_CHARACTERS:
        raise ValueError("not a page that was drawn")
    return DrawnRecord(width, height, digest, boxes, picture)


def _integer(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MAX_INTEGER:
        raise ValueError("not a number that can be stored")
    return value


def _texts(*values: Any) -> None:
    if any(type(value) is not str or _UNSTORABLE.search(value) for value in values):
        raise ValueError("not a text that can be stored")
