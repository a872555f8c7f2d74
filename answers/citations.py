"""Resolve the marks of an answer: which passage each stands for, and which words of it support the sentence.

Pure. A mark is believed only as far as the words go: quotes come from the passage, verbatim, never from the answer.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from answers.content_words import content_words
from answers.extraction import Extracted, compose_extract
from answers.marks import MarkGroup, position_with_marks, protected_spans, read_marks, write_marks
from answers.passages import Passage
from answers.refusal import is_refusal
from answers.sentences import split_sentences
from answers.support import Support, find_support

MIN_CLAIM_WORDS = 3  # "Yes." and "In short:" claim nothing by themselves

LINE = re.compile(r"[^\n]+")
LIST_MARKER = re.compile(r"\s*(?:(?:[-*+•>]|\d{1,3}[.)])\s+)*")
NO_CLAIM_LINE = re.compile(r"\s*(?:#{1,6}\s|[|\s:-]*$|\*\*[^*]+\*\*:?\s*$)")  # headings, rules of tables
SAYS_WHAT_IS_MISSING = re.compile(
    r"\b(?:documents?|passages?|sources?|context)\b.*\b(?:not|no|nothing)\b", re.IGNORECASE | re.DOTALL
)

ASKS = re.compile(r"[?\uff1f\u061f][\s\"'\u2019\u201d\u00bb)\]*_]*\Z")

Span = tuple[int, int]


@dataclass(frozen=True)
class Citation:
    """A numbered link from a sentence to the words it rests on: `quote` is its page's text from `start` to `end`."""

    number: int
    passage: Passage
    quote: str
    start: int
    end: int
    supported: bool
    score: float  # 0 to 1: the weighted share of the sentence's words that the quote holds


@dataclass(frozen=True)
class Cited:
    """An answer with its marks resolved. Numbers run from 1 as they appear, one for each quote."""

    text: str
    citations: tuple[Citation, ...] = ()
    dropped: tuple[int, ...] = ()  # numbers of marks that no passage stands behind, as often as they occurred
    unsupported: tuple[Span, ...] = ()  # spans of `text`: sentences that claim something unproved

    @property
    def supported(self) -> bool:
        """Whether some quote supports what is said, and every sentence that claims something has one that does."""
        return any(citation.supported for citation in self.citations) and not self.unsupported


@dataclass
class _Register:
    """The citations made so far: the same words of the same passage keep their number."""

    citations: list[Citation] = field(default_factory=list)

    def cite(self, passage: Passage, support: Support) -> Citation:
        start, end = passage.start + support.start, passage.start + support.end
        for index, known in enumerate(self.citations):
            if (known.passage.chunk_id, known.start, known.end) == (passage.chunk_id, start, end):
                if support.supported and not known.supported:
                    self.citations[index] = replace(known, supported=True, score=support.score)
                return replace(known, supported=support.supported)
        quote = passage.text[support.start : support.end]
        number = len(self.citations) + 1
        citation = Citation(number, passage, quote, start, end, support.supported, support.score)
        self.citations.append(citation)
        return citation


def resolve_citations(answer_text: str, passages: Sequence[Passage]) -> Cited:
    """Resolve the marks of a generated answer; passages[0] is what it calls [1].

    Each mark is renumbered to the quote that supports its sentence, or dropped where there is no such passage.
    """
    plain, groups = read_marks(answer_text)
    sentences = _sentences(plain)
    owners = [_owner(group, sentences, plain) for group in groups]
    register, supported, resolved = _Register(), set[Span](), list[MarkGroup]()
    for index, group in enumerate(groups):
        claim = _claim(index, groups, owners, plain)
        cited = [register.cite(passages[n - 1], _support(claim, passages[n - 1].text)) for n in _known(group, passages)]
        resolved.append(replace(group, numbers=tuple(dict.fromkeys(citation.number for citation in cited))))
        owner = owners[index]
        if owner and any(citation.supported for citation in cited):
            supported.add(owner)
    return Cited(
        text=write_marks(plain, resolved),
        citations=tuple(register.citations),
        dropped=tuple(n for group in groups for n in group.numbers if n > len(passages)),
        unsupported=_unproved(plain, sentences, supported, resolved),
    )


def doubtful_sentences(text: str, supported: Set[int]) -> tuple[Span, ...]:
    """The spans of a resolved answer's sentences that claim something, and have none of the `supported` marks.

    There may be more: where two sentences share a mark, it is not known which of them it supports.
    """
    plain, groups = read_marks(text)
    if write_marks(plain, groups) != text:
        return ()
    sentences = _sentences(plain)
    proved = {_owner(group, sentences, plain) for group in groups if not supported.isdisjoint(group.numbers)}
    return _unproved(plain, sentences, proved, groups)


def cite_extract(extracted: Extracted, passages: Sequence[Passage]) -> Cited:
    """Cite an extracted answer: its sentences are their own quotes, so nothing needs to be matched."""
    citations = tuple(
        Citation(number, passages[s.passage], s.text, s.start, s.end, supported=True, score=1.0)
        for number, s in enumerate(extracted.sentences, start=1)
    )
    return Cited(text=compose_extract(extracted), citations=citations)


def _support(claim: str, text: str) -> Support:
    """The words that support a claim best. A question holds the words of its answer, and proves none of it."""
    support = find_support(claim, text)
    asks = ASKS.search(text, support.start, support.end) is not None
    return replace(support, supported=support.supported and not asks)


def _unproved(
    plain: str, sentences: Sequence[Span], proved: Set[Span | None], groups: Sequence[MarkGroup]
) -> tuple[Span, ...]:
    """Sentences that claim something unproved, as spans of the text with its marks."""
    spans = [span for span in sentences if span not in proved and _claims(plain, span)]
    return tuple((position_with_marks(a + 1, groups) - 1, position_with_marks(b, groups)) for a, b in spans)


def _known(group: MarkGroup, passages: Sequence[Passage]) -> list[int]:
    return [number for number in group.numbers if number <= len(passages)]


def _sentences(plain: str) -> list[Span]:
    """Split an answer line by line (a list item or a table row is no part of the next), without its code blocks."""
    blocks = [(a, b) for a, b in protected_spans(plain) if "\n" in plain[a:b]]
    sentences: list[Span] = []
    for line in LINE.finditer(plain):
        if NO_CLAIM_LINE.match(line.group()) or any(a <= line.start() < b for a, b in blocks):
            continue
        offset = line.start() + len((LIST_MARKER.match(line.group()) or line).group())
        sentences += [(offset + a, offset + b) for a, b in split_sentences(plain[offset : line.end()])]
    return sentences


def _owner(group: MarkGroup, sentences: Sequence[Span], plain: str) -> Span | None:
    """Find the sentence that marks belong to: the one they stand in or after, else the one that they open."""
    before = [span for span in sentences if span[0] < group.position]
    after = [span for span in sentences if span[0] >= group.position]
    if before and "\n" not in plain[before[-1][1] : group.position]:
        return before[-1]
    if after and "\n" not in plain[group.position : after[0][0]]:
        return after[0]
    return before[-1] if before else None


def _claim(index: int, groups: Sequence[MarkGroup], owners: Sequence[Span | None], plain: str) -> str:
    """Take what a group of marks is to prove: its sentence from the marks before it, or all of it if that is little."""
    owner, position = owners[index], groups[index].position
    if owner is None:
        return ""
    start = owner[0]
    if index and owners[index - 1] == owner:
        start = max(start, groups[index - 1].position)
    clause = plain[start:position] if start < position < owner[1] or start > owner[0] else ""
    return clause if len(content_words(clause)) >= MIN_CLAIM_WORDS else plain[slice(*owner)]


def _claims(plain: str, span: Span) -> bool:
    sentence = plain[slice(*span)].strip()
    if (
        sentence.endswith((":", "?", "\uff1f", "\uff1a"))
        or is_refusal(sentence)
        or SAYS_WHAT_IS_MISSING.search(sentence)
    ):
        return False
    return len(content_words(sentence)) >= MIN_CLAIM_WORDS
