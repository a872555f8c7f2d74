"""Say in the reader's language what was written in English: stored reasons, and those of modules without languages.

Stages and workers write plain English sentences, which commands and logs show as they are. Where a person reads one, it
is found again among known sentences, and translated with what was filled in. Knows none of those sentences itself.
"""

import re
from collections.abc import Sequence
from functools import cache

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

MAX_VALUE_CHARACTERS = 300  # of what was filled in: a hostile text must not cost more than a look
PLACE = re.compile(r"%\((\w+)\)s")
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")
NEXT_SENTENCE = re.compile(r"(?<=[.:!?]) ")


def retold(text: str, sentences: Sequence[str]) -> str:
    """A text of one or more known sentences in the language that is active; what is not known stays as it is.

    Sentences have places like %(pages)s, two at most. English stays English, word for word.
    """
    if not text or (get_language() or "en").startswith("en"):
        return text
    told, rest = [], text
    while rest:
        sentence, rest = _first(rest, sentences)
        told.append(sentence)
    return " ".join(told)


def _first(text: str, sentences: Sequence[str]) -> tuple[str, str]:
    """The first sentence, told again, and what is left."""
    for sentence in sentences:
        if found := _pattern(sentence).match(text):
            values = {name: _local(value) for name, value in found.groupdict().items()}
            return gettext(sentence) % values if values else gettext(sentence), text[found.end() :].lstrip()
    unknown = NEXT_SENTENCE.split(text, maxsplit=1)
    return unknown[0], "".join(unknown[1:])


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = PLACE.split(sentence)  # text, name, text, name, text
    pieces = [
        rf"(?P<{part}>.{{1,{MAX_VALUE_CHARACTERS}}}?)" if position % 2 else re.escape(part)
        for position, part in enumerate(parts)
    ]
    return re.compile("".join(pieces) + r"(?=\s|\Z)", re.DOTALL)


def _local(value: str) -> str:
    """A number as this language writes it; any other value stays."""
    if not NUMBER.fullmatch(value):
        return value
    plain = value.replace(",", "")
    return number_format(float(plain) if "." in plain else int(plain), use_l10n=True, force_grouping="," in value)
