"""Find the words of a text that carry its content, each with the tokens it may have become. Pure: knows no document.

A question's tokens hold every plausible stem of every word. Summing over those would count one word many times, so
whatever asks "how much of this text is in that one?" asks it word by word.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

import regex

from documents.tokens import question_tokens

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
WORD = regex.compile(
    rf"(?P<run>[{UNSPACED}][{UNSPACED}\p{{M}}]*)"
    rf"|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+(?:[.,'\u2019-][[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+)*",
    regex.VERSION1,
)
LETTERS_WRITTEN_TOGETHER = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
CACHED_WORDS = 1 << 11  # about 1 MB when full; an answer with its passages has some hundred different ones
PAIRS_PER_WORD = 5  # of letters; their tokens are pairs. A Chinese or Korean pair is near a word of its own

Word = frozenset[str]  # the tokens that stand for one word


def content_words(text: str) -> list[Word]:
    """List the words of a text without its stop words; in scripts without spaces each token is a word."""
    content = set(question_tokens(text))
    words: list[Word] = []
    for match in WORD.finditer(text):
        forms = _forms(match)
        if match.group("run"):
            words += [frozenset({form}) for form in forms & content]
        elif forms & content:
            words.append(forms)
    return list(dict.fromkeys(words))


def content_spans(text: str) -> list[tuple[int, int, Word]]:
    """Where the words of `content_words` stand: start, end, tokens. A run without spaces counts as one word."""
    content = set(question_tokens(text))
    spans = [(match.start(), match.end(), _forms(match)) for match in WORD.finditer(text)]
    return [(start, end, forms & content) for start, end, forms in spans if forms & content]


def _forms(match: regex.Match[str]) -> Word:
    # Runs without spaces are whole phrases: they hardly repeat and would only fill the cache.
    return frozenset(question_tokens(match.group())) if match["run"] else _forms_of(match.group())


@lru_cache(maxsize=CACHED_WORDS)
def _forms_of(word: str) -> Word:
    return frozenset(question_tokens(word))


def word_weight(word: Word, idf: Mapping[str, float], default: float = 1.0) -> float:
    """Weigh a word by the commonest of its forms: a stem in the wrong language is rare without meaning anything."""
    return min((idf[form] for form in word if form in idf), default=default)


def total_weight(words: Collection[Word], idf: Mapping[str, float], default: float = 1.0) -> float:
    """Add up the weights of words: the most that a passage holding all of them could reach."""
    return sum(word_weight(word, idf, default) for word in words)


def count_words(words: Collection[Word]) -> float:
    """Count words as a script with spaces would: in Thai and its like a token is but a part of one."""
    parts = sum(any(LETTERS_WRITTEN_TOGETHER.match(form) for form in word) for word in words)
    return len(words) - parts + parts / PAIRS_PER_WORD
