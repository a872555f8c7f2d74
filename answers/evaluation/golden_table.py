"""Read a CSV file of golden questions: rows with the numbers of their lines. Knows nothing of what is stored.

A cell is text and stays text: what looks like a formula is neither computed nor changed.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from answers.evaluation.own_questions import COLUMNS
from documents.parsing.cleaning import clean, one_line
from qabot.local_numbers import grouped

MAX_CSV_BYTES = 2 * 2**20
MAX_ROWS = 2000
TABLE_COLUMNS = {**COLUMNS, "quote": "quote", "collection": "collection", "answerable": "answerable"}
YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}
ON_ONE_LINE = {"question", "document", "collection", "answerable"}
PROBLEMS_TOLD = 50


class ImportRefused(Exception):
    """A file cannot be imported, and nothing of it was. `problems` are sentences for people."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems[:PROBLEMS_TOLD])
        if len(problems) > PROBLEMS_TOLD:
            self.problems += (f"… and {len(problems) - PROBLEMS_TOLD:,} more.",)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class TableRow:
    """One question of a file; an empty cell is an empty text, and `answerable` is None where the file does not say."""

    line: int  # on which it begins
    question: str
    document: str = ""
    quote: str = ""
    text: str = ""
    collection: str = ""
    answerable: bool | None = None


@dataclass(frozen=True)
class Table:
    rows: tuple[TableRow, ...]
    unused_columns: tuple[str, ...]


def read_table(content: bytes) -> Table:
    """The rows of a file. Raises ImportRefused, naming each line that cannot be used."""
    if len(content) > MAX_CSV_BYTES:
        raise ImportRefused([_("The file is larger than %(megabytes)d MB.") % {"megabytes": MAX_CSV_BYTES // 2**20}])
    lines = _lines(_decoded(content))
    if not lines:
        raise ImportRefused([_("The file is empty.")])
    header, unused = _header(lines[0][1])
    if len(lines) == 1:
        raise ImportRefused([_("The file has a line of column names, and no questions.")])
    if len(lines) > MAX_ROWS + 1:
        counts = {"count": grouped(len(lines) - 1), "most": grouped(MAX_ROWS)}
        raise ImportRefused([_("The file has %(count)s questions; %(most)s at a time can be imported.") % counts])
    rows, problems = [], []
    for line, cells in lines[1:]:
        row = _row(line, header, cells)
        if isinstance(row, str):
            problems.append(_("Line %(line)d: %(problem)s") % {"line": line, "problem": row})
        else:
            rows.append(row)
    if problems:
        raise ImportRefused(problems)
    return Table(tuple(rows), unused)


def _decoded(content: bytes) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefused([_("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")]) from None


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The lines that hold something, as cells, with the number of the line on which each begins."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused([_("Line %(line)d is not CSV: %(error)s.") % {"line": begins, "error": error}]) from None
    return lines


def _header(cells: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """What each column is (empty if it is not used), and the names of those not used."""
    names = [one_line(cell) for cell in cells]
    header = [TABLE_COLUMNS.get(_plain(name), "") for name in names]
    if "question" not in header:
        columns = ", ".join(filter(None, names))
        told = _("There is no column called “question”. The columns are: %(columns)s.") % {"columns": columns}
        raise ImportRefused([told])
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise ImportRefused([_("There are two columns for the %(column)s.") % {"column": name} for name in twice])
    unused = [name for name, known in zip(names, header, strict=True) if name and not known]
    return header, tuple(unused)


def _plain(name: str) -> str:
    """Columns by the names used here: "Expected text", "expected_text" and "text" are one."""
    return name.casefold().replace("_", " ").replace("expected", "").strip()


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> TableRow | str:
    """The row, or what is wrong with it."""
    if any(cell.strip() for cell in cells[len(header) :]):
        return _("it has more cells than there are columns.")
    named = zip(header, cells, strict=False)
    values = {name: one_line(cell) if name in ON_ONE_LINE else clean(cell).strip() for name, cell in named if name}
    if not values.get("question"):
        return _("it has no question.")
    said = values.pop("answerable", "").casefold()
    if said and said not in YES | NO:
        return _("“%(said)s” under answerable is neither yes nor no.") % {"said": said}
    return TableRow(line, answerable=said in YES if said else None, **values)
