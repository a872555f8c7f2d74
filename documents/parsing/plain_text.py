"""Decode text of unknown encoding, and read plain text. Knows nothing of markup or of other formats."""

import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

from documents.parsing.content import ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.paging import Block, lay_out, number_parts

_BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with UTF-16's
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
SAMPLE_BYTES = 64 * 1024  # enough to tell an encoding, cheap enough to do at upload
_MAX_BROKEN_SHARE = 0.01  # of all non-ASCII bytes, in a text that is UTF-8 with some damage
_LEGACY_ENCODINGS = [
    "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949", "euc_kr", "cp1250", "cp1251", "koi8_r", "cp1252",
    "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp437", "cp850", "mac_roman",
]  # fmt: skip
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüœšžÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒŠŽ¡¿«»ªº°€£§©®±·‘’“”„‚–—…•\xa0")
_CZECH_IN_CP1252 = frozenset("øì")  # the commonest letters of Czech in cp1250, as cp1252 shows them
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    text = decode(content).replace("\r\n", "\n").replace("\r", "\n")
    yield from number_parts(lay_out(Block(paragraph) for paragraph in _BLANK_LINES.split(text)))


def decode(content: bytes) -> str:
    """The text, whatever its encoding; bytes that mean nothing become U+FFFD."""
    encoding = unicode_encoding(content)
    if encoding:
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_damaged_or_legacy(content)


def unicode_encoding(content: bytes) -> str | None:
    """The encoding, told by a byte order mark or by where UTF-16 puts its zero bytes."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:SAMPLE_BYTES]
    pairs = len(sample) // 2
    zeros_even, zeros_odd = sample[0::2].count(0), sample[1::2].count(0)
    if pairs and zeros_odd > pairs * 0.3 and zeros_even < pairs * 0.05:
        return "utf-16-le"
    if pairs and zeros_even > pairs * 0.3 and zeros_odd < pairs * 0.05:
        return "utf-16-be"
    return None


def _decode_damaged_or_legacy(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    non_ascii = sum(1 for byte in content if byte > 127)
    if text.count("\ufffd") <= non_ascii * _MAX_BROKEN_SHARE:
        return text
    return content.decode(_legacy_encoding(content[:SAMPLE_BYTES]), errors="replace")


def _legacy_encoding(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=_LEGACY_ENCODINGS).best()
    if best is None:
        return "cp1252"
    # The detector takes French for Czech and Spanish for Slovak: where cp1252 gives only Western letters, it is that.
    letters = {character for character in sample.decode("cp1252", errors="replace") if character > "\x7f"}
    is_western = letters <= _WESTERN and not letters >= _CZECH_IN_CP1252 and best.language != "Hungarian"
    return "cp1252" if is_western else best.encoding
