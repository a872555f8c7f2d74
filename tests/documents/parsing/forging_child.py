"""A drawing child that a file took over: it sends what is no picture, as the asked-for width says."""

import sys
from base64 import b64encode
from collections.abc import Iterator

from documents.parsing.child import answer
from documents.parsing.content import ParsedPage
from documents.parsing.wire import DoneRecord, DrawnRecord, PageRecord, Record

PNG = b64encode(b"\x89PNG\r\n\x1a\n").decode()
MARKUP = b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").decode()


def sent(boxes: str, picture: str) -> Record:
    return DrawnRecord(595.0, 842.0, "0" * 64, boxes, picture)


FORGED: dict[str, list[Record]] = {
    "1": [sent("", MARKUP), DoneRecord(1)],
    "2": [sent("AAAA", PNG), DoneRecord(1)],
    "3": [sent("no base64!", PNG), DoneRecord(1)],
    "4": [PageRecord(1, ParsedPage(1, "", "x")), DoneRecord(1)],
    "5": [DoneRecord(1)],
}


def records() -> Iterator[Record]:
    yield from FORGED[sys.argv[1].split(":")[1]]


if __name__ == "__main__":
    answer(records())
