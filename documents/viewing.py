"""Cut a page's text into what the viewer shows: what stands before a quote, the quote, what follows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `level` is that of the heading it belongs to, 0 for ordinary text."""

    text: str
    level: int = 0


@dataclass(frozen=True)
class MarkedText:
    """A page's text in order: joined, the pieces give it back to the letter. No quote: everything is `before`."""

    before: tuple[Piece, ...]
    quote: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()


def mark_quote(text: str, headings: Sequence[tuple[int, int, str]], start: int, end: int) -> MarkedText:
    """Mark `text[start:end]`; headings are (start, level, text) rows. Offsets outside the text are pulled inside."""
    start = max(0, min(start, len(text)))
    end = max(start, min(end, len(text)))
    return MarkedText(
        _pieces(text, headings, 0, start), _pieces(text, headings, start, end), _pieces(text, headings, end, len(text))
    )


def _pieces(text: str, headings: Sequence[tuple[int, int, str]], start: int, end: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    done = start
    for heading_start, level, heading in sorted(headings):
        first, last = max(heading_start, done), min(heading_start + len(heading), end)
        if first >= last:
            continue
        if first > done:
            pieces.append(Piece(text[done:first]))
        pieces.append(Piece(text[first:last], min(max(level, 1), 6)))
        done = last
    if done < end:
        pieces.append(Piece(text[done:end]))
    return tuple(pieces)
