"""The records that the parser child writes and its parent reads: a length and a line of JSON. Knows no processes."""

import json
from dataclasses import asdict, dataclass

from documents.parsing.content import Heading, ParsedPage, ParserFailed, ParsingError

MAX_RECORD_BYTES = 16 * 1024 * 1024  # what the parent holds at most, whatever the child sends
_LENGTH_BYTES = 4
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


Record = PageRecord | ErrorRecord | DoneRecord
_KINDS: dict[str, type[Record]] = {"page": PageRecord, "error": ErrorRecord, "done": DoneRecord}
_NAMES = {kind: name for name, kind in _KINDS.items()}


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
            headings = tuple(Heading(**heading) for heading in fields["page"].pop("headings"))
            return PageRecord(fields["total"], ParsedPage(**fields["page"], headings=headings))
        return _KINDS[name](**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise ParserFailed("The file could not be read: its parser sent something that is not a page.") from error
