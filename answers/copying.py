"""Write an answer down as Markdown to be taken elsewhere, with its citations as numbered footnotes.

What came out of files stays text wherever it is pasted: no image is loaded and no tag is read, since the words were
written by a model that read strangers' files. Knows nothing of requests.
"""

import re

from answers.marks import protected_spans
from answers.models import Answer, Citation
from answers.telling import text_in_language
from answers.transcript import location

MARK = re.compile(r"\[(\d{1,3})\]")
IMAGE_OR_TAG = re.compile(r"!(?=\[)|<(?=[a-zA-Z/!?])")
MARKUP = re.compile(r"[\\`\[\]<]")  # what makes links, images, tags and code of a quote


def as_markdown(answer: Answer) -> str:
    """The answer, its marks [1] as footnotes [^1]; then each footnote: document, place, quote."""
    citations = list(answer.citations.all())
    numbers = {citation.number for citation in citations}
    text = _with_footnotes(_harmless(text_in_language(answer).strip()), numbers)
    return "\n".join([text, "", *map(_footnote, citations)]).strip() + "\n"


def _with_footnotes(text: str, numbers: set[int]) -> str:
    spans = protected_spans(text)

    def footnote(match: re.Match[str]) -> str:
        inside = any(start < match.end() and match.start() < end for start, end in spans)
        return match.group() if inside or int(match[1]) not in numbers else f"[^{match[1]}]"

    return MARK.sub(footnote, text)


def _footnote(citation: Citation) -> str:
    place = ", ".join(filter(None, (_text(citation.document_name), _text(location(citation)))))
    return f"[^{citation.number}]: {place}: “{_text(citation.quote)}”"


def _text(text: str) -> str:
    """On one line, and nothing but text."""
    return MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def _harmless(text: str) -> str:
    """The same Markdown without images and tags; in code they are shown anyway."""
    spans, parts, done = protected_spans(text), [], 0
    for start, end in [*((a, b) for a, b in spans if text[a] in "`~"), (len(text), len(text))]:
        parts += [IMAGE_OR_TAG.sub(r"\\\g<0>", text[done:start]), text[start:end]]
        done = end
    return "".join(parts)
