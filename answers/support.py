"""Find the words of a passage that support a claim, and tell whether they do. Pure: compares words, not meanings.

A claim in another language than the passage shares names and figures with it at best, so it may be called unsupported
though it is true: the reader is then asked to look, which is the safe side.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from answers.content_words import Word, content_words
from answers.sentences import split_sentences
from documents.stop_words import FUNCTION_WORDS
from documents.tokens import question_tokens, tokenize

LEAST_WORDS = 2  # of a claim that has as many: one alone is in many a sentence ("Cats bark", of cats that purr)
SUPPORT_THRESHOLD = 0.4  # weighted share; SciFact: 78 % of supported claims reach it, 1 % of random pairs
MAX_QUOTE_SENTENCES = 3
LONGER_QUOTE_COST = 0.2  # a further sentence must bring at least this share more
FIGURE_WEIGHT = 3.0  # a wrong figure is what hurts most
NAME_WEIGHT = 2.0

ANY_FUNCTION_WORD = frozenset().union(*FUNCTION_WORDS.values())
FIGURE = re.compile(r"\d(?:[\d.,]*\d)?")
NAME = re.compile(r"(?<=[\w,;:\u2019']\s)[^\W\d_a-zß-öø-ÿ][\w\u2019'-]+")


@dataclass(frozen=True)
class Support:
    """The span of a passage's text that supports a claim best; `score` is the weighted share of its words held."""

    start: int
    end: int
    score: float
    supported: bool


def find_support(claim: str, text: str) -> Support:
    """Find the one to three sentences of `text` (not blank) that hold most of a claim.

    Supported needs enough of its words, two at least, and every figure of two digits or more somewhere in the text.
    """
    weights = _weights(claim)
    total = sum(weights.values())
    spans = split_sentences(text) or [(0, len(text))]
    tokens = [set(tokenize(text[start:end])) for start, end in spans]
    best, best_gain, best_share, best_count = spans[0], -1.0, 0.0, 0
    for first in range(len(spans)):
        held: set[str] = set()
        for last in range(first, min(first + MAX_QUOTE_SENTENCES, len(spans))):
            held |= tokens[last]
            found = [weight for word, weight in weights.items() if word & held]
            share = sum(found) / total if total else 0.0
            gain = share - LONGER_QUOTE_COST * (last - first)
            if gain > best_gain + 1e-9:
                best, best_gain, best_share, best_count = (spans[first][0], spans[last][1]), gain, share, len(found)
    enough = best_share >= SUPPORT_THRESHOLD and best_count >= min(LEAST_WORDS, len(weights))
    supported = enough and _figures(claim) <= _figures(text)
    return Support(start=best[0], end=best[1], score=round(best_share, 4), supported=supported)


def _weights(claim: str) -> dict[Word, float]:
    names = set(question_tokens(" ".join(NAME.findall(claim))))
    words = content_words(claim)
    # A short claim rarely tells its language, so function words of any are left out: "the" would support everything.
    telling = [word for word in words if word.isdisjoint(ANY_FUNCTION_WORD)]
    return {word: _weight(word, names) for word in telling or words}


def _weight(word: Word, names: Iterable[str]) -> float:
    if any(form[0].isdigit() for form in word):
        return FIGURE_WEIGHT
    return NAME_WEIGHT if not word.isdisjoint(names) else 1.0


def _figures(text: str) -> set[str]:
    """The figures that must agree, without separators; single digits may be spelt out ("two")."""
    figures = {re.sub(r"[.,]", "", figure) for figure in FIGURE.findall(text)}
    return {figure for figure in figures if len(figure) > 1}
