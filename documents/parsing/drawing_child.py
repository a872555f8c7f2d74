"""Draw one page of a PDF, confined as parsing is: `python -m documents.parsing.drawing_child`. Knows no Django.

Reads the file from standard input, as much of it as the page needs, and writes one record to standard output.
Started by documents.parsing.drawing_guard alone.
"""

import json
import sys
from base64 import b64encode
from collections.abc import Iterator

from documents.parsing.child import answer, confine
from documents.parsing.drawing import draw
from documents.parsing.limits import Limits
from documents.parsing.wire import DoneRecord, DrawnRecord, Record


def main(arguments: list[str]) -> None:
    """Draw as `arguments` say: "page number:width in pixels", limits as JSON, the parent's process id."""
    job, limits_json, parent = arguments
    number, width = map(int, job.split(":"))
    missing = confine(Limits(**json.loads(limits_json)), int(parent))
    answer(_drawn(number, width, missing))


def _drawn(number: int, width: int, missing: str) -> Iterator[Record]:
    page = draw(sys.stdin.buffer, number, width)
    boxes, picture = b64encode(page.boxes).decode(), b64encode(page.picture).decode()
    yield DrawnRecord(page.width, page.height, page.digest, boxes, picture)
    yield DoneRecord(1, missing)


if __name__ == "__main__":
    main(sys.argv[1:])
