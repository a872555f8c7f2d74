"""Read workbooks and CSV: a page a sheet, every row with its header so that it is understandable alone."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain

import python_calamine
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from documents.parsing.cleaning import clean, one_line
from documents.parsing.content import CorruptFile, EncryptedFile, FileTooLarge, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.plain_text import decode
from documents.parsing.rows import number_text, rows_with_header

PAGE_ROWS = 500
PAGE_CHARACTERS = 100_000  # rows of long cells fill a page before PAGE_ROWS do
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50

Cell = str | float | bool | date | time | datetime | timedelta


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    """Workbooks: XLSX, XLSM, XLSB, XLS and ODS. The total grows where a long sheet takes several pages."""
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        yield from _workbook_pages(workbook, limits)
    except PasswordError as error:
        raise EncryptedFile("The workbook needs a password. Remove the password and upload it again.") from error
    except CalamineError as error:
        raise CorruptFile("The workbook is damaged: it cannot be read.") from error


def parse_csv(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    text = decode(content).lstrip("\ufeff").replace("\0", "")
    csv.field_size_limit(limits.max_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        rows = _counted(([one_line(cell) for cell in row] for row in reader), limits)
        pages = list(_sheet_pages("", rows, first_number=1))
    except csv.Error as error:
        raise CorruptFile("The CSV file is damaged: its rows cannot be told apart.") from error
    for page in pages:
        yield len(pages), page


def _workbook_pages(workbook: CalamineWorkbook, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    number = cells = 0
    for position, name in enumerate(names, start=1):
        sheet = workbook.get_sheet_by_name(name)
        cells += sheet.height * sheet.width
        _check_cells(cells, limits)
        for page in _sheet_pages(clean(name), _sheet_rows(sheet), number + 1):
            number = page.number
            yield max(number, number + len(names) - position), page


def _sheet_rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_cell_text(cell) for cell in row]


def _sheet_pages(name: str, rows: Iterable[list[str]], first_number: int) -> Iterator[ParsedPage]:
    """Pages of at most PAGE_ROWS lines; the label says which rows where the sheet takes more than one."""
    lines: list[str] = []
    done = characters = 0
    number = first_number
    for line in rows_with_header(rows):
        if len(lines) == PAGE_ROWS or characters > PAGE_CHARACTERS:
            yield ParsedPage(number, _rows_label(name, done, len(lines)), "\n".join(lines))
            done, number, lines, characters = done + len(lines), number + 1, [], 0
        lines.append(line)
        characters += len(line)
    if lines:
        yield ParsedPage(number, _rows_label(name, done, len(lines)) if done else name, "\n".join(lines))


def _rows_label(name: str, done: int, count: int) -> str:
    """Rows are counted without the empty ones, as the page shows them."""
    rows = f"rows {done + 1}-{done + count}"
    return f"{name} ({rows})" if name else rows


def _cell_text(cell: Cell) -> str:
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return one_line(str(cell))


def _counted(rows: Iterable[list[str]], limits: Limits) -> Iterator[list[str]]:
    cells = 0
    for row in rows:
        cells += len(row)
        _check_cells(cells, limits)
        yield row


def _check_cells(cells: int, limits: Limits) -> None:
    if cells > limits.max_cells:
        raise FileTooLarge(f"The file has more than {limits.max_cells:,} cells.")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells, more than one."""
    lines = list(_first_lines(text))
    return max(_DELIMITERS, key=lambda delimiter: _regularity(lines, delimiter))


def _first_lines(text: str) -> Iterator[str]:
    for line in chain(io.StringIO(text[: 64 * 1024])):
        if line.strip():
            yield line


def _regularity(lines: list[str], delimiter: str) -> tuple[int, int]:
    counts = [line.count(delimiter) for line in lines[:_SAMPLE_LINES]]
    commonest = max(set(counts), key=lambda count: (counts.count(count) if count else 0, count), default=0)
    return (counts.count(commonest), commonest) if commonest else (0, 0)
