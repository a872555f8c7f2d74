"""Search within a document: which of its pages say something, and where. Knows nothing of HTTP.

Pages are looked through in the database, and those that were found are read one by one until there is enough.
"""

from dataclasses import dataclass

from documents.folding import LEFT_OUT, fold_query, occurrences
from documents.models import Document

MAX_MATCHES = 50
MAX_ON_A_PAGE = 20  # in the list; the page itself marks up to MAX_MATCHES
AROUND = 40  # characters before and after a match


@dataclass(frozen=True)
class Match:
    """A place in a document; `rank` counts the matches of its page from 1, as the viewer marks them."""

    page: int
    rank: int
    before: str
    words: str
    after: str


@dataclass(frozen=True)
class Found:
    """What a search found: the first of it, where `more` is true."""

    query: str
    matches: tuple[Match, ...]
    more: bool = False


def search_document(document: Document, query: str) -> Found:
    wanted = fold_query(query)
    if not wanted:
        return Found(query, ())
    saying = document.pages.saying(wanted, LEFT_OUT).order_by("number")
    numbers = list(saying.values_list("number", flat=True)[: MAX_MATCHES + 1])
    matches: list[Match] = []
    for number in numbers:
        text = document.pages.get(number=number).text
        matches += _matches(text, number, wanted)
        if len(matches) > MAX_MATCHES:
            break
    return Found(query, tuple(matches[:MAX_MATCHES]), more=len(matches) > MAX_MATCHES)


def _matches(text: str, number: int, wanted: str) -> list[Match]:
    spans = occurrences(text, wanted, MAX_ON_A_PAGE)
    return [_match(text, number, rank, *span) for rank, span in enumerate(spans, start=1)]


def _match(text: str, number: int, rank: int, start: int, end: int) -> Match:
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    # Words that the cut would go through are left out.
    before = before.partition(" ")[2] if start > AROUND and " " in before else before
    after = after.rpartition(" ")[0] if len(text) > end + AROUND and " " in after else after
    return Match(number, rank, before, text[start:end], after)
