"""Write a table's rows so that each can be understood alone: "Team: Maple Leafs; Location: Toronto". Pure.

Knows no format: a row is a list of cell texts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

HEADER_SEARCH_ROWS = 15  # a header stands near the top, after a title or two
NARROWEST_TABLE_WITH_HEADER = 3  # columns; two columns in a text are as often "name, value" pairs
MAX_COLUMN_SPAN = 200  # columns that one cell may claim
_DIGITS = frozenset("0123456789")


def rows_with_header(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """One line a row that is not empty, each cell named by the table's header; rows above the header as they are."""
    remaining = iter(rows)
    top = list(islice(remaining, HEADER_SEARCH_ROWS))
    at = _header_position(top)
    if at is None:
        yield from plain_rows(chain(top, remaining))
        return
    yield from plain_rows(top[: at + 1])
    header = list(top[at])
    for row in chain(top[at + 1 :], remaining):
        if line := labelled_row(header, row):
            yield line


def plain_rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """One line a row that is not empty, its cells separated by tabs."""
    for row in rows:
        if line := "\t".join(cell for cell in row if cell):
            yield line


def text_table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows of a table inside a text, where the header is named only if the table surely has one."""
    table = [list(row) for row in rows]
    first = table[0] if table else []
    wide = len(first) >= NARROWEST_TABLE_WITH_HEADER and len(table) > 1
    if wide and all(map(_is_word, first)) and len(set(first)) == len(first):
        return rows_with_header(table)
    return plain_rows(table)


def labelled_row(header: Sequence[str], row: Sequence[str]) -> str:
    """The row's cells, each after its column's name; a cell in a column without a name stands alone."""
    names = chain(header, [""] * (len(row) - len(header)))
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell)


def number_text(number: float) -> str:
    """A number as a spreadsheet shows it: 3 rather than 3.0, and 15 digits, which hide binary rounding."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"


def _header_position(top: Sequence[Sequence[str]]) -> int | None:
    """Index of the first row of words that fills as many columns as any row near the top."""
    widths = [sum(1 for cell in row if cell) for row in top]
    widest = max(widths, default=0)
    if widest < 2:
        return None
    for position, row in enumerate(top):
        if widths[position] * 2 <= widest or widths[position] < 2:
            continue
        return position if all(_is_word(cell) for cell in row if cell) and position + 1 < len(top) else None
    return None


def _is_word(cell: str) -> bool:
    """Whether a cell can be a column's name: "2022" and "Q1 2022" can, "1,234.5" cannot."""
    return bool(cell) and (not set(cell) & _DIGITS or any(c.isalpha() for c in cell) or _is_year(cell))


def _is_year(cell: str) -> bool:
    return len(cell) == 4 and cell.isdecimal() and cell[:2] in {"19", "20"}
