"""Read fields of JSON that somebody else wrote: each has its type and its bounds, or the file is refused. Pure."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from documents.transfer.layout import FileRefused

# Postgres refuses NUL and UTF-8 refuses lone surrogates; no parser of ours lets other controls through.
FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
MOST_INTEGER = 2**31 - 1  # of a column


@dataclass(frozen=True)
class Fields:
    """An object of JSON, and where it stands, for messages."""

    values: dict[str, Any]
    place: str

    def text(self, name: str, most: int, *, least: int = 0) -> str:
        """A text of `least` to `most` characters that the database can hold."""
        return self._text(name, self.values.get(name), most, least)

    def texts(self, name: str, most: int, most_characters: int) -> list[str]:
        return [self._text(name, one, most_characters, 0) for one in self._list(name, most)]

    def sha256(self, name: str) -> str:
        value = self.values.get(name)
        if not (isinstance(value, str) and SHA256.fullmatch(value)):
            self.refuse(name, "is no SHA-256")
        return value

    def integer(self, name: str, least: int = 0, most: int = MOST_INTEGER) -> int:
        value = self.values.get(name)
        if type(value) is not int or not least <= value <= most:  # a bool is an int too
            self.refuse(name, f"is no whole number from {least:,} to {most:,}")
        return value

    def rising(self, name: str, most_numbers: int, most: int) -> list[int]:
        """Whole numbers from 1, each larger than the one before."""
        numbers = self._list(name, most_numbers)
        before = 0
        for number in numbers:
            if type(number) is not int or not before < number <= most:
                self.refuse(name, f"is no rising list of whole numbers up to {most:,}")
            before = number
        return numbers

    def shares(self, name: str, count: int) -> list[float]:
        """`count` numbers between 0 and 1."""
        numbers = self._list(name, count)
        if len(numbers) != count or not all(isinstance(one, float) and 0 < one < 1 for one in numbers):
            self.refuse(name, f"is no list of {count:,} numbers between 0 and 1")
        return numbers

    def headings(self, name: str, text: str) -> list[tuple[int, int, str]]:
        """[start, level, text] of each heading, which stands in the page's text there."""
        found = []
        for row in self._list(name, len(text)):
            match row:
                case [int(start), int(level), str(words)] if text.startswith(words, start) and 0 < level < 100:
                    found.append((start, level, words))
                case _:
                    self.refuse(name, "names a heading that is not there")
        return found

    def inner(self, name: str) -> "Fields":
        return fields_of(self.values.get(name), f"{self.place}, {name}")

    def refuse(self, name: str, why: str) -> NoReturn:
        raise FileRefused(f"{self.place}: {name!r} {why}.")

    def _text(self, name: str, value: object, most: int, least: int) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            self.refuse(name, f"is no text of {least:,} to {most:,} characters")
        if FORBIDDEN.search(value):
            self.refuse(name, "holds control characters")
        return value

    def _list(self, name: str, most: int) -> list[Any]:
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > most:
            self.refuse(name, f"is no list of at most {most:,}")
        return value


def parse(line: bytes, place: str) -> Fields:
    """One object of JSON. Raises FileRefused."""
    try:
        return fields_of(json.loads(line, parse_constant=_not_a_number, parse_float=_finite), place)
    except (ValueError, RecursionError):  # a number of 5,000 digits is a ValueError as well
        raise FileRefused(f"{place} is not JSON that can be read.") from None


def fields_of(value: object, place: str) -> Fields:
    if not isinstance(value, dict):
        raise FileRefused(f"{place} is no JSON object.")
    return Fields(value, place)


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number
