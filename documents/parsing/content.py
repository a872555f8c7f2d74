"""What parsing yields, and what can go wrong with a file. Pure: knows no format, no Django and no database."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """A heading inside a page's text: `page.text[start:start + len(text)] == text`."""

    start: int  # characters from the start of the page's text
    level: int  # 1 is the outermost
    text: str


@dataclass(frozen=True)
class ParsedPage:
    """One page of a document: what the viewer shows and what offsets count into.

    A page is a PDF page, a slide, a sheet, an EPUB part, or the whole of a format without pages.
    """

    number: int  # 1-based, in reading order
    label: str  # what a person calls it: "12", "Sheet1", "OEBPS/chapter-1.xhtml"; empty if it has no name
    text: str  # no control characters but newline and tab
    headings: tuple[Heading, ...] = ()
    about: str = ""  # on the first page: what the file says of itself (title, author, publisher), which is no text


class ParsingError(Exception):
    """A file that cannot be turned into text. The message is for the person who uploaded it."""

    code = "unreadable"


class UnsupportedFile(ParsingError):
    """The file is of a kind that QABot does not read."""

    code = "unsupported"


class EncryptedFile(ParsingError):
    """The file needs a password to be read."""

    code = "encrypted"


class CorruptFile(ParsingError):
    """The file is damaged, or is not what its name says."""

    code = "corrupt"


class EmptyFile(ParsingError):
    """The file holds nothing."""

    code = "empty"


class NoTextFound(ParsingError):
    """The file can be opened but holds no text: a scan, as a rule."""

    code = "no_text"


class FileTooLarge(ParsingError):
    """The file goes beyond a limit: bytes, pages, cells, characters, or what it inflates to."""

    code = "too_large"


class ParserFailed(ParsingError):
    """The parser ran out of time or memory, or crashed: the file brings it down."""

    code = "parser_failed"


class ParserStopped(ParserFailed):
    """The parser was killed, and not by a limit of its own: by a system that is short of memory, as a rule."""
