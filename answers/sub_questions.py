"""Split a question that asks for several things into its parts. Pure: knows no passage.

"Does one article say A, while another says B?" is answered by two passages, and each looks like half of the question:
searched for as a whole, a third passage with a little of both comes before them.
"""

from itertools import pairwise

import regex

from answers.content_words import content_words, count_words

LEAST_WORDS = 4  # content words of a part: fewer say too little to be searched for by themselves
MAX_PARTS = 6  # a longer list of parts is a text, and each part costs a vector

# Before these a part may begin. Marks split every language; the words are English, where most such questions were seen.
BORDER = regex.compile(
    r"[,;:?.!]\s+|[，、；。？！]"
    r"|\b(?:while|whereas|and|but|or|as well as|compared (?:to|with)|versus|vs\.?|who|which|that)\b",
    regex.IGNORECASE,
)


def split_question(question: str) -> tuple[str, ...]:
    """The parts of a question, in order, at least two; none where it asks for one thing."""
    borders = [0, *(match.start() for match in BORDER.finditer(question)), len(question)]
    parts: list[str] = []
    gathered = ""
    for start, end in pairwise(borders):
        gathered += question[start:end]
        if count_words(content_words(gathered)) >= LEAST_WORDS:
            parts.append(gathered)
            gathered = ""
    if parts and gathered:
        parts[-1] += gathered
    parts = [part.strip(" \t\n,;:") for part in parts]
    return tuple(parts[:MAX_PARTS]) if len(parts) > 1 else ()
