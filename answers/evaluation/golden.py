"""Judge one answer against what is expected of it, and put a run's figures together. Pure: sees texts and ranks."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from answers.evaluation import metrics
from answers.marks import read_marks

# Chinese, Japanese, Thai, Lao, Khmer and Burmese: a line break inside a sentence is no space.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

# A run's shares, each of those questions that call for it.
FIGURES = {
    "passed": "passed",
    "document": "document found",
    "quote": "quote found",
    "text": "right words",
    "answered": "answered",
    "refused": "rightly refused",
}


@dataclass(frozen=True)
class Expected:
    """What a golden question expects; an empty field expects nothing. Each line of `text` is one accepted wording."""

    document: str = ""  # name
    quote: str = ""
    text: str = ""
    answerable: bool = True


@dataclass(frozen=True)
class SeenPassage:
    """A passage as it was found: its document's name, and its span of its page's text."""

    document: str
    page_text: str
    start: int
    end: int


@dataclass(frozen=True)
class Seen:
    """What came of asking. Passages come in the order in which the answer read them."""

    answer: str
    refused: bool
    failed: bool  # not answered to the end
    passages: tuple[SeenPassage, ...]


@dataclass(frozen=True)
class Verdict:
    """Which checks held; None for what was not expected. A rank counts from 1, None where nothing was found."""

    passed: bool
    document_found: bool | None
    document_rank: int | None
    quote_found: bool | None
    quote_rank: int | None
    text_found: bool | None


@dataclass(frozen=True)
class Outcome:
    """A judged question, as far as figures need it."""

    answerable: bool
    passed: bool
    document_found: bool | None
    quote_found: bool | None
    text_found: bool | None
    refused: bool
    latency_ms: float


def flaw(expected: Expected) -> str:
    """What is wrong with an expectation, in plain words; empty if nothing is."""
    expects = bool(expected.document or expected.quote or expected.text)
    if expected.answerable and not expects:
        return "Say what is expected: a document, a quote or words of the answer. Or say that it should be refused."
    if expects and not expected.answerable:
        return "A question that should be refused expects no document, quote or words."
    return ""


def judge(expected: Expected, seen: Seen, depth: int) -> Verdict:
    """Judge an answer. A document or quote counts as found among the first `depth` passages; its rank is told anyway.

    The quote must stand in the expected document, if one is named.
    """
    document_rank = quote_rank = text_found = None
    if expected.document:
        document_rank = _rank(seen.passages, lambda passage: is_named(passage.document, expected.document))
    if expected.quote:
        quote_rank = _rank(seen.passages, lambda passage: _holds_quote(passage, expected))
    if expected.text:
        text_found = _says(seen.answer, expected.text)
    document_found = _within(document_rank, depth) if expected.document else None
    quote_found = _within(quote_rank, depth) if expected.quote else None
    wanted = [check for check in (document_found, quote_found, text_found) if check is not None]
    passed = not seen.failed and seen.refused != expected.answerable and all(wanted)
    return Verdict(passed, document_found, document_rank, quote_found, quote_rank, text_found)


def is_named(name: str, expected: str) -> bool:
    """Tell whether a document bears the expected name, with its ending or without."""
    return expected.casefold() in (name.casefold(), PurePath(name).stem.casefold())


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """A run's shares by name, of those questions that call for each, and the median of its latencies."""
    shares = metrics.means([_row(outcome) for outcome in outcomes])
    median_ms = metrics.percentile([outcome.latency_ms for outcome in outcomes], 0.5)
    return {name: round(shares[name], 4) for name in FIGURES if name in shares} | {"median_ms": round(median_ms, 1)}


def _row(outcome: Outcome) -> dict[str, float]:
    checks = {
        "passed": outcome.passed,
        "document": outcome.document_found,
        "quote": outcome.quote_found,
        "text": outcome.text_found,
        "answered": not outcome.refused if outcome.answerable else None,
        "refused": None if outcome.answerable else outcome.refused,
    }
    return {name: float(held) for name, held in checks.items() if held is not None}


def _rank(passages: Sequence[SeenPassage], right: Callable[[SeenPassage], bool]) -> int | None:
    return next((rank for rank, passage in enumerate(passages, start=1) if right(passage)), None)


def _within(rank: int | None, depth: int) -> bool:
    return rank is not None and rank <= depth


def _holds_quote(passage: SeenPassage, expected: Expected) -> bool:
    """Half of the quote is enough: where a chunk ends is not the question's affair."""
    if expected.document and not is_named(passage.document, expected.document):
        return False
    margin = len(expected.quote) // 2
    return holds_words(passage.page_text[max(passage.start - margin, 0) : passage.end + margin], expected.quote)


def _says(answer: str, wordings: str) -> bool:
    plain = read_marks(answer)[0].replace("*", "")
    return any(holds_words(plain, wording) for wording in wordings.splitlines())


def holds_words(text: str, words: str) -> bool:
    """Tell whether a text holds these words, whatever their case, spaces, punctuation and English articles."""
    languages = ["", "en", "zh"] if _UNSPACED.search(words) else ["", "en"]
    return any(metrics.holds(text, [words], language) for language in languages)
