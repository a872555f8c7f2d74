"""Turn text into the tokens that BM25 counts, in any script. Pure: knows no model, no document and no database.

A word of a question must meet the same word of a document. A document's words are stemmed in the language its text is
in; a question is often too short to tell its language, and then carries each word as it stands and as every known
language would stem it: a form that no document holds costs nothing.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from threading import Lock

import regex
import snowballstemmer

from documents.stop_words import FUNCTION_WORDS, QUESTION_WORDS, UNSPACED_QUESTION_STRINGS

MAX_TOKEN_ID = 1_000_000_000  # the dimensions that a pgvector sparsevec can have
MAX_TOKEN_CHARACTERS = 64  # a longer "word" is an encoded blob; its head is enough to find it by
CACHED_WORDS = 1 << 13  # about 2 MB when full; a filing of 213 pages has 7,265 different words

DEFAULT_LANGUAGE = "english"  # of Latin text that does not tell
UNSTEMMED = "none"
MIN_LANGUAGE_EVIDENCE = 2  # a function word in common, or one question word, is a coincidence below this
QUESTION_WORD_EVIDENCE = 2  # against 1 of a function word: "un" is a word of four languages, "hangi" of one

_LANGUAGE_OF_SCRIPT = {
    "CYRILLIC": "russian",
    "GREEK": "greek",
    "ARABIC": "arabic",
    "DEVANAGARI": "hindi",
    "TAMIL": "tamil",
    "ARMENIAN": "armenian",
}
_LATIN_LANGUAGES = tuple(language for language in FUNCTION_WORDS if language not in _LANGUAGE_OF_SCRIPT.values())
_STEMMERS = {
    language: snowballstemmer.stemmer(language)
    for language in (*_LATIN_LANGUAGES, *_LANGUAGE_OF_SCRIPT.values())
    if language in snowballstemmer.algorithms()
}
_STEMMING = Lock()  # a Snowball stemmer keeps the word it is at in itself, and threads share it

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"""
    \p{{Nd}}+ (?:[.,]\p{{Nd}}+)+                                        # 1,577  16.4  4.2.1
    | \p{{Nd}}+ - \p{{L}}{{1,5}} \b | \p{{L}}{{1,5}} - \p{{Nd}}+ \b     # 10-K  covid-19
    | [{_UNSPACED}] [{_UNSPACED}\p{{M}}]*
    | [[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+
    """,
    regex.VERBOSE | regex.VERSION1,
)
_UNSPACED_START = regex.compile(rf"[{_UNSPACED}]")
_FIRST_UNSPACED = "\u0e00"  # where Thai begins: looking at the code alone spares most words the pattern
_QUESTION_STRING = regex.compile("|".join(map(regex.escape, UNSPACED_QUESTION_STRINGS)))
_CLUSTER = regex.compile(r"\X")
_LETTERS_OR_DIGITS = regex.compile(r"\p{Nd}+|[^\p{Nd}]+")
_GROUPED_NUMBER = regex.compile(r"(\d{1,3}(?:(?P<mark>[,.])\d{3})(?:(?P=mark)\d{3})*)(?:[,.](\d+))?")
_ACCENTS = regex.compile(r"[\u0300-\u036f]+")
# Dropped from inside words: soft hyphen, joiners, byte order mark, and the dot that casefolding "İ" leaves behind.
_DROPPED = regex.compile("[\u00ad\u200d\u2060\ufeff\u0307]+")


def tokenize(text: str) -> list[str]:
    """Turn a chunk (its title included, if wanted) into tokens, in order and with repetitions."""
    words = _words(text)
    language = next(iter(_likeliest_languages(words)), DEFAULT_LANGUAGE)
    return list(_tokens(words, language))


def question_tokens(question: str) -> list[str]:
    """Turn a question into the distinct tokens to look for: question words dropped, unless there is nothing else."""
    words = _words(question)
    languages = _languages_of_question(words)
    kept = _without_question_words(words, languages) or words
    # English beside a known language: names and borrowed words are what two languages share.
    stemmed_as = [*languages, DEFAULT_LANGUAGE] if languages else [*_LATIN_LANGUAGES, UNSTEMMED]
    return list(dict.fromkeys(token for word in kept for as_ in stemmed_as for token in _tokens([word], as_)))


def languages_of(question: str) -> list[str]:
    """Name the languages of Latin script that a question is most likely in; none where it is too short to tell."""
    return _languages_of_question(_words(question))


def token_id(token: str) -> int:
    """Hash a token to 1..1,000,000,000: the same on every machine and in every version, as ids are stored."""
    digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % MAX_TOKEN_ID + 1


def _words(text: str) -> list[str]:
    return _WORD.findall(_DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold()))


def _evidence_by_word() -> dict[str, list[tuple[str, int]]]:
    evidence: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for language in _LATIN_LANGUAGES:
        for word in FUNCTION_WORDS[language] | QUESTION_WORDS[language]:
            weight = 1 if word in FUNCTION_WORDS[language] else QUESTION_WORD_EVIDENCE
            evidence[word].append((language, weight))
    return dict(evidence)


_EVIDENCE = _evidence_by_word()


def _languages_of_question(words: Iterable[str]) -> list[str]:
    return _likeliest_languages(words, MIN_LANGUAGE_EVIDENCE)


def _likeliest_languages(words: Iterable[str], least: int = 1) -> list[str]:
    """Name the Latin-script languages that the words speak for most, several if they tie, none below `least`."""
    votes: Counter[str] = Counter()
    for word in words:
        for language, weight in _EVIDENCE.get(word, ()):
            votes[language] += weight
    most = max(votes.values(), default=0)
    if most < least:
        return []
    # English first among equals: it is the commonest language, and a chunk takes the first.
    return sorted((language for language, count in votes.items() if count == most), key=_english_first)


def _english_first(language: str) -> tuple[bool, str]:
    return language != DEFAULT_LANGUAGE, language


def _without_question_words(words: Sequence[str], languages: Collection[str]) -> list[str]:
    dropped = {
        word for language in (*languages, *_LANGUAGE_OF_SCRIPT.values()) for word in QUESTION_WORDS.get(language, ())
    }
    kept: list[str] = []
    for word in words:
        if _UNSPACED_START.match(word):
            kept.extend(part for part in _QUESTION_STRING.split(word) if part)
        elif len(word) == 1 or word not in dropped:  # "vitamin A": idf tells a letter from an article
            kept.append(word)
    return kept


def _tokens(words: Iterable[str], language: str) -> Iterator[str]:
    for word in words:
        # Runs without spaces are whole phrases: they hardly repeat and would only fill the cache.
        if word[0] >= _FIRST_UNSPACED and _UNSPACED_START.match(word):
            yield from _bigrams(word)
        else:
            yield from _tokens_of(word[:MAX_TOKEN_CHARACTERS], language)


@lru_cache(maxsize=CACHED_WORDS)
def _tokens_of(word: str, language: str) -> tuple[str, ...]:
    if "." in word or "," in word:
        return _number_tokens(_ascii_digits(word))
    joined = word.replace("-", "")  # 10-K meets 10K
    parts = _LETTERS_OR_DIGITS.findall(joined)
    if len(parts) > 1:
        return tuple(dict.fromkeys(_ascii_digits(part) for part in (joined, *parts)))
    return (_ascii_digits(joined) if joined.isdecimal() else _stem(joined, language),)


def _bigrams(run: str) -> tuple[str, ...]:
    # Whole clusters: a Thai vowel sign says nothing without its consonant (R@1 +.008 against bare characters).
    clusters = _CLUSTER.findall(run)
    if len(clusters) == 1:
        return (run,)
    return tuple(first + second for first, second in pairwise(clusters))


def _number_tokens(number: str) -> tuple[str, ...]:
    """Make 1,577 and 1.577 meet 1577, and 16,4 meet 16.4. Dates and section numbers stay findable in parts."""
    grouped = _GROUPED_NUMBER.fullmatch(number)
    if grouped:
        whole = regex.sub("[,.]", "", grouped[1])
        return (f"{whole}.{grouped[3]}" if grouped[3] else whole,)
    parts = regex.split("[,.]", number)
    whole = ".".join(parts)
    return (whole,) if len(parts) == 2 else tuple(dict.fromkeys((whole, *parts)))


def _ascii_digits(word: str) -> str:
    if word.isascii():
        return word
    return "".join(str(unicodedata.decimal(character, character)) for character in word)


def _stem(word: str, language: str) -> str:
    if language != UNSTEMMED and not word.isascii():
        language = _LANGUAGE_OF_SCRIPT.get(unicodedata.name(word[0], "").partition(" ")[0], language)
    stemmer = _STEMMERS.get(language)
    if stemmer is not None:
        with _STEMMING:
            word = stemmer.stemWord(word)
    # Vietnamese accents tell words apart; elsewhere people leave them out when they ask.
    return word if language == "vietnamese" or word.isascii() else _without_accents(word)


def _without_accents(word: str) -> str:
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word)).replace("ı", "i")
    return unicodedata.normalize("NFC", bare)
