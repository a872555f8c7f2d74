"""Split a text into sentences by offsets. Pure. (First version: being replaced.)"""

import re

BOUNDARY = re.compile(r"(?<=[.!?])[\"'”)]*\s+(?=[A-Z\"“(\d])|(?<=[。！？।])|\n\s*\n|\n(?=\s*[-*•])")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of each sentence, without the white space around it."""
    spans, start = [], 0
    for end in [*(match.end() for match in BOUNDARY.finditer(text)), len(text)]:
        piece = text[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            spans.append((start + lead, start + len(piece.rstrip())))
        start = end
    return spans
