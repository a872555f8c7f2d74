"""Make text from files fit to store and to show. Pure: knows no format.

Everything that counts offsets runs after this, so an offset never moves because of cleaning.
"""

import re

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Postgres refuses NUL and UTF-8 refuses lone surrogates; other controls only confuse readers.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text whose only control characters are newline and tab, without space at line ends."""
    lines = _FORBIDDEN.sub("", _NEWLINES.sub("\n", text)).split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines)


def one_line(text: str) -> str:
    """Cleaned text on one line, every run of white space one space, without zero-width space at its ends."""
    return " ".join(clean(text).split()).strip("\u200b")
