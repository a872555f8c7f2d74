"""Cut a page's text into what the viewer shows: what stands before a quote, the quote, what follows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `level` is that of the heading it belongs to, 0 for ordinary text.

    `found` counts the matches of a search from 1, of which it is a part; 0 where none is. The first part `opens` it.
    `anchor` is what leads to a heading, at its first piece.
    """

    text: str
    level: int = 0
    found: int = 0
    opens: bool = False
    anchor: str = field(default="", compare=False)


@dataclass(frozen=True)
class MarkedText:
    """A page's text in order: joined, the pieces give it back to the letter. No quote: everything is `before`."""

    before: tuple[Piece, ...]
    quote: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()


Headings = Sequence[tuple[int, int, str]]  # (start, level, text)
Spans = Sequence[tuple[int, int]]  # (start, end), in order, none within another


def mark_quote(text: str, headings: Headings, start: int, end: int, found: Spans = ()) -> MarkedText:
    """Mark `text[start:end]`, and what a search found. Offsets outside the text are pulled inside."""
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text)))
    before, quote, after = (
        _with_found(text, _pieces(text, headings, first, last), first, found)
        for first, last in ((0, start), (start, end), (end, len(text)))
    )
    return MarkedText(before, quote, after)


def _with_found(text: str, pieces: tuple[Piece, ...], start: int, found: Spans) -> tuple[Piece, ...]:
    """The pieces, which begin at `start`, cut once more where matches begin and end."""
    if not found:
        return pieces
    cut: list[Piece] = []
    for piece in pieces:
        end, before = start + len(piece.text), len(cut)
        for rank, (match_start, match_end) in enumerate(found, start=1):
            first, last = max(match_start, start), min(match_end, end)
            if first >= last:
                continue
            if first > start:
                cut.append(Piece(text[start:first], piece.level))
            cut.append(Piece(text[first:last], piece.level, rank, first == match_start))
            start = last
        if start < end:
            cut.append(Piece(text[start:end], piece.level))
        if piece.anchor:
            cut[before] = replace(cut[before], anchor=piece.anchor)
        start = end
    return tuple(cut)


def _pieces(text: str, headings: Headings, start: int, end: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    done = start
    for heading_start, level, heading in sorted(headings):
        first, last = max(heading_start, done), min(heading_start + len(heading), end)
        if first >= last:
            continue
        if first > done:
            pieces.append(Piece(text[done:first]))
        anchor = f"heading-{heading_start}" if first == heading_start else ""
        pieces.append(Piece(text[first:last], min(max(level, 1), 6), anchor=anchor))
        done = last
    if done < end:
        pieces.append(Piece(text[done:end]))
    return tuple(pieces)
