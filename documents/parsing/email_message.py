"""Read EML: the headers people read, and the bodies of all parts. Knows nothing of mailboxes or signatures."""

import email
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

from documents.parsing.content import CorruptFile, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.markup import decode_html, html_blocks, text_codec
from documents.parsing.paging import Block, lay_out, number_parts
from documents.parsing.plain_text import decode, unicode_encoding

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_MAX_DEPTH = 30  # of messages within messages


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    if unicode_encoding(content):  # exported by a mail program as UTF-16 or with a byte order mark
        content = decode(content).lstrip("\ufeff").encode("utf-8", errors="replace")
    try:
        message = email.message_from_bytes(content, policy=policy.default)
        yield from number_parts(lay_out(_message_blocks(message)))
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise CorruptFile("The message is damaged: its parts cannot be read.") from error


def _message_blocks(message: EmailMessage, depth: int = 0) -> Iterator[Block]:
    """The message's headers, then its parts."""
    for position, name in enumerate(name for name in _HEADERS if message.get(name)):
        text = f"{name}: {message.get(name)}"
        yield Block(text, level=depth + 1 if name == "Subject" else 0, tight=position > 0)
    yield from _part_blocks(message, depth)


def _part_blocks(part: EmailMessage, depth: int) -> Iterator[Block]:
    kind = part.get_content_type()
    if depth > _MAX_DEPTH:
        return
    if kind == "message/rfc822":
        for inner in _children(part):
            yield from _message_blocks(inner, depth + 1)
    elif kind == "multipart/alternative":
        yield from _alternative_blocks(part, depth)
    elif part.is_multipart():
        for inner in _children(part):
            yield from _part_blocks(inner, depth + 1)
    else:
        yield from _leaf_blocks(part, kind)


def _alternative_blocks(part: EmailMessage, depth: int) -> Iterator[Block]:
    """The plain text if it says anything, else the first alternative that does."""
    for inner in sorted(_children(part), key=lambda child: child.get_content_type() != "text/plain"):
        blocks = list(_part_blocks(inner, depth + 1))
        if any(block.text.strip() for block in blocks):
            yield from blocks
            return


def _leaf_blocks(part: EmailMessage, kind: str) -> Iterator[Block]:
    name = part.get_filename()
    if name:
        yield Block(f"Attachment: {name}")
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return
    if kind == "text/html":
        yield from html_blocks(_decode_part(part, payload) or decode_html(payload))
    elif kind.startswith("text/"):
        yield Block(_decode_part(part, payload) or decode(payload))


def _decode_part(part: EmailMessage, payload: bytes) -> str | None:
    """The payload in the encoding that the part declares, if it is one and holds."""
    codec = text_codec(part.get_content_charset() or "")
    try:
        return payload.decode(codec) if codec else None
    except UnicodeDecodeError:
        return None


def _children(part: EmailMessage) -> list[EmailMessage]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, EmailMessage)] if isinstance(payload, list) else []
