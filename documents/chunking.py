"""Split parsed pages into chunks. Pure: knows nothing of files, models or the database.

Every character but white space is in exactly one chunk, and a chunk lies within one page, so that a citation can point
at it. Whether a chunk fits the embedding model is estimated from the shapes of its words: a tokenizer would take
longer than all of the splitting.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from documents.parsing.content import Heading, ParsedPage
from documents.stop_words import FUNCTION_WORDS

MAX_CHARACTERS = 1_900  # some hosted embedding models refuse an input of more than 2,048
TARGET_CHARACTERS = 1_200  # the most a chunk takes when it has a choice: about 1,000 on average
MIN_SECTION_CHARACTERS = 300  # a shorter section stays with the next: too little to be found by
MIN_TAIL_CHARACTERS = 200  # a shorter rest of a page stays with the chunk before it, or is made longer
MAX_PIECES = 245  # of the local model's 254 wordpieces: estimates are within 4 % in 95 % of English chunks
SHORTEST_SHARE = 0.4  # of the room: a break before this is not worth a short chunk
LANGUAGE_STRETCH_CHARACTERS = 8_000  # how far one look at the language holds
LANGUAGE_SAMPLE_CHARACTERS = 2_000

_LATIN_ACCENTED = r"\u00c0-\u024f\u1e00-\u1eff"
# The local model is not asked about scripts it cannot read; they get the room of an average token of other models.
_OTHER_SCRIPTS = r"[\u2e80-\ud7ff\uf900-\ufaff]{1,2}+|[^\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\s]{1,4}+|\d{1,3}+|\S"
_ENGLISH_PIECES = re.compile(rf"(?:\s*+(?:[a-zA-Z{_LATIN_ACCENTED}]{{1,6}}+|{_OTHER_SCRIPTS})){{1,{MAX_PIECES}}}+")
# The local model's vocabulary is English: it spells the words of other languages out, accented ones above all.
_FOREIGN_PIECES = re.compile(
    rf"(?:\s*+(?:[a-zA-Z\u1e00-\u1eff]{{1,3}}+|[\u00c0-\u024f]|{_OTHER_SCRIPTS})){{1,{MAX_PIECES}}}+"
)
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_WORDS = FUNCTION_WORDS["english"]
_FOREIGN_WORDS = frozenset().union(*FUNCTION_WORDS.values()) - _ENGLISH_WORDS

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SENTENCE_END = re.compile(
    r"(?<![A-Z])(?<!\b(?:Mr|Dr|Ms|No|St|vs|al))(?<!\b(?:Mrs|Inc|Ltd))[.!?…][\"'”’»)\]]*(?=\s+[^\sa-z])"
    r"|[。！？｡][\"”’」』）]*|[।॥؟۔](?=\s)"
)
_TEXT_START = re.compile(r"\S")
_JOINER = "\u200d"


@dataclass(frozen=True)
class TextChunk:
    """What is indexed: `text == page.text[start:end]`, with no white space at either end."""

    ordinal: int  # 0-based, over the whole document
    page_number: int
    start: int  # characters from the start of the page's text
    end: int
    text: str
    heading_path: tuple[str, ...]  # the headings that the chunk's start stands under, outermost first


def split_pages(pages: Iterable[ParsedPage]) -> Iterator[TextChunk]:
    """Split pages, as they come, into chunks of about 1,000 characters, at most 1,900; a page is held at a time."""
    ordinal = 0
    stack: list[Heading] = []
    for page in pages:
        headings = sorted(page.headings, key=lambda heading: heading.start)
        passed = 0
        for start, end in _split_text(page.text, [heading.start for heading in headings]):
            while passed < len(headings) and headings[passed].start <= start:
                _enter(headings[passed], stack)
                passed += 1
            path = tuple(heading.text for heading in stack)
            yield TextChunk(ordinal, page.number, start, end, page.text[start:end], path)
            ordinal += 1
        for heading in headings[passed:]:
            _enter(heading, stack)


def _enter(heading: Heading, stack: list[Heading]) -> None:
    while stack and stack[-1].level >= heading.level:
        stack.pop()
    stack.append(heading)


def _split_text(text: str, heading_starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    stop = len(text.rstrip())
    looked_until = 0
    pieces = _ENGLISH_PIECES
    first = _TEXT_START.search(text)
    while first and first.start() < stop:
        start = first.start()
        if start >= looked_until:
            pieces = _pieces_of_language(text, start)
            looked_until = start + LANGUAGE_STRETCH_CHARACTERS
        cut = _cut(text, start, stop, pieces, heading_starts)
        yield start, start + len(text[start:cut].rstrip())
        first = _TEXT_START.search(text, cut)


def _pieces_of_language(text: str, start: int) -> re.Pattern[str]:
    words = _WORD.findall(text[start : start + LANGUAGE_SAMPLE_CHARACTERS].casefold())
    english = sum(word in _ENGLISH_WORDS for word in words)
    return _FOREIGN_PIECES if sum(word in _FOREIGN_WORDS for word in words) > english else _ENGLISH_PIECES


def _cut(text: str, start: int, stop: int, pieces: re.Pattern[str], heading_starts: Sequence[int]) -> int:
    """Choose where the chunk that starts at `start` ends; the rest of the page ends at `stop`."""
    fitting = pieces.match(text, start, min(stop, start + MAX_CHARACTERS))
    limit = fitting.end() if fitting else start + 1
    section = _next_section(start, stop, heading_starts)
    if section <= min(limit, start + TARGET_CHARACTERS):
        return _whole_clusters(text, start, section)
    if limit >= stop and stop - start <= TARGET_CHARACTERS + MIN_TAIL_CHARACTERS:
        return stop
    room = min(limit, start + TARGET_CHARACTERS)
    if stop - room < MIN_TAIL_CHARACTERS:  # leave the last chunk enough to be found by
        room = max(stop - MIN_TAIL_CHARACTERS, start + (stop - start) // 2)
    return _whole_clusters(text, start, min(_best_break(text, start, room), limit))


def _next_section(start: int, stop: int, heading_starts: Sequence[int]) -> int:
    """Find the next heading that is worth a new chunk: neither side of it is tiny."""
    following = bisect_left(heading_starts, start + MIN_SECTION_CHARACTERS)
    if following < len(heading_starts) and heading_starts[following] <= stop - MIN_TAIL_CHARACTERS:
        return heading_starts[following]
    return stop + MAX_CHARACTERS


def _best_break(text: str, start: int, room: int) -> int:
    earliest = start + max(1, int((room - start) * SHORTEST_SHARE))
    for boundary in (_BLANK_LINE, _SENTENCE_END):
        found = 0
        for match in boundary.finditer(text, earliest, room):
            found = match.end()
        if found:
            return found
    line = text.rfind("\n", earliest, room)
    return line if line > 0 else _last_space(text, start, room)


def _last_space(text: str, start: int, room: int) -> int:
    """Break before the last word that does not fit, or in it where it fills a chunk by itself."""
    if room >= len(text) or text[room].isspace():
        return room
    words = text[start:room].rsplit(maxsplit=1)
    return start + text[start:room].rindex(words[-1]) if len(words) > 1 else room


def _whole_clusters(text: str, start: int, cut: int) -> int:
    """Move a cut back out of a letter with its marks, or an emoji sequence."""
    whole = cut
    while start < whole < len(text) and _joins(text[whole - 1], text[whole]):
        whole -= 1
    return whole if whole > start else cut


def _joins(before: str, after: str) -> bool:
    if after.isascii() or before.isspace():
        return False
    return (
        before == _JOINER
        or after == _JOINER
        or unicodedata.category(after).startswith("M")
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\udc00" <= after <= "\udfff"  # half of a surrogate pair
    )
