"""Read citation marks out of an answer and write them back. Pure: knows no passage.

Marks in code, links and addresses are left alone.

Read: [1], [1][2], [1, 2], [1-3], [^1], 【1】, 【1†source】. Written: [1][2].
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_RANGE = 10  # "[1-3]" means three passages; "[10-250]" is no citation

NUMBERS = r"\d{1,3}(?:\s*[,;\u2013-]\s*\d{1,3})*"
MARK = re.compile(rf"\[\^?(?P<square>{NUMBERS})\]|【(?P<lens>{NUMBERS})(?:[†:][^】\n]*)?】")
PROTECTED = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)|\Z)"  # a fenced block, also one that the stream never closed
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)"  # inline code
    r"|\[[^\[\]\n]*\]\([^()\s]*\)"  # a link, also one whose text looks like a mark
    r"|https?://[^\s<>()\[\]]+(?:\[\d+\](?=[\w/?&#=-])[^\s<>()\[\]]+)*"  # a mark at its end is one
    r"|\\.",  # an escaped bracket of a quotation
    re.DOTALL | re.MULTILINE,
)
BLANKS_BEFORE = re.compile(r"[ \t]*\Z")


@dataclass(frozen=True)
class MarkGroup:
    """Marks that stand together: where they were in the text without marks, and the blanks that led to them."""

    position: int
    numbers: tuple[int, ...]
    blanks: str


def read_marks(text: str) -> tuple[str, list[MarkGroup]]:
    """Split an answer into its text without marks and the groups of marks."""
    plain, done = "", 0
    groups: list[MarkGroup] = []
    for match in _marks_outside_code(text):
        numbers = _numbers(match["square"] or match["lens"])
        if not numbers:  # "[0, 1]" is an interval
            continue
        between = text[done : match.start()]
        done = match.end()
        if groups and groups[-1].position == len(plain) and not between.strip(" \t"):
            last = groups.pop()
            groups.append(MarkGroup(last.position, tuple(dict.fromkeys(last.numbers + numbers)), last.blanks))
            continue
        plain += between
        blanks = BLANKS_BEFORE.findall(plain)[0]
        plain = plain.removesuffix(blanks) if blanks else plain
        groups.append(MarkGroup(len(plain), numbers, blanks))
    return plain + text[done:], groups


def write_marks(plain: str, groups: Sequence[MarkGroup]) -> str:
    """Put groups of marks (in order) back into the text; a group without numbers leaves no trace."""
    text, done = "", 0
    for group in groups:
        text += plain[done : group.position] + _written(group)
        done = group.position
    return text + plain[done:]


def position_with_marks(position: int, groups: Sequence[MarkGroup]) -> int:
    """Tell where a position of the text without marks lies in the text that `write_marks` gives."""
    return position + sum(len(_written(group)) for group in groups if group.position < position)


def protected_spans(text: str) -> list[tuple[int, int]]:
    """List the spans of code, links and addresses."""
    return [match.span() for match in PROTECTED.finditer(text)]


def _marks_outside_code(text: str) -> list[re.Match[str]]:
    spans = iter([*protected_spans(text), (len(text), len(text))])
    start, end = next(spans)
    marks = []
    for match in MARK.finditer(text):
        while end <= match.start():
            start, end = next(spans)
        if match.end() <= start:
            marks.append(match)
    return marks


def _numbers(written: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in re.split(r"\s*[,;]\s*", written):
        first, *rest = [int(number) for number in re.split(r"\s*[\u2013-]\s*", part)]
        last = rest[-1] if rest else first
        if first == 0 or last < first or last - first > MAX_RANGE:
            return ()
        numbers += range(first, last + 1)
    return tuple(dict.fromkeys(numbers))


def _written(group: MarkGroup) -> str:
    return group.blanks + "".join(f"[{number}]" for number in group.numbers) if group.numbers else ""
