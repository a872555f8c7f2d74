"""Read text as a search does: without case, accents, hyphens and the difference between spaces. Pure.

`PageQuerySet.saying` follows the same rules, for the database to look through pages that nobody loads; what it finds
is then looked for here, where each letter knows its place.
"""

import unicodedata
from functools import lru_cache

MAX_QUERY_CHARACTERS = 200
HYPHENS = "-\u00ad\u2010\u2011"
# Hyphens, with the end of the line they divide a word at, and accents: those of Latin, Greek and Cyrillic letters, as
# those of other scripts are letters themselves. A pattern for PostgreSQL.
LEFT_OUT = f"[{HYPHENS}]\n?|[\u0300-\u036f]"


def fold(text: str) -> tuple[str, list[int]]:
    """The text as it is searched, and of each of its characters the position in `text` it came from."""
    letters: list[str] = []
    positions: list[int] = []
    after_hyphen = False
    for position, character in enumerate(text):
        if character == "\n" and after_hyphen:  # a word that was divided at the end of a line
            after_hyphen = False
            continue
        folded = _fold_character(character)
        after_hyphen = character in HYPHENS
        for letter in folded:
            if letter == " " and (not letters or letters[-1] == " "):
                continue
            letters.append(letter)
            positions.append(position)
    return "".join(letters), positions


def fold_query(query: str) -> str:
    """A query as it is searched for; empty where nothing is left of it."""
    return fold(query[:MAX_QUERY_CHARACTERS].replace("\0", " "))[0].strip()


def occurrences(text: str, folded_query: str, most: int) -> list[tuple[int, int]]:
    """Where the query stands in the text, as (start, end), the first `most` of them, none within another."""
    if not folded_query:
        return []
    folded, positions = fold(text)
    spans: list[tuple[int, int]] = []
    found = folded.find(folded_query)
    while found != -1 and len(spans) < most:
        end = found + len(folded_query)
        spans.append((positions[found], positions[end - 1] + 1))
        found = folded.find(folded_query, end)
    return spans


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", character.lower())
    return "".join(" " if part.isspace() else part for part in parts if not _left_out(part))


def _left_out(character: str) -> bool:
    return character in HYPHENS or "\u0300" <= character <= "\u036f"
