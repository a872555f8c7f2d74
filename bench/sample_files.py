"""Documents of many formats, made from a seed, each with a fact of its own and what indexing has to make of it.

What is expected is computed by the pure stages, in this process: no worker, no database.
"""

import io
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from docx import Document as WordDocument
from pptx import Presentation

from documents.chunking import split_pages
from documents.parsing.content import ParsedPage, ParsingError
from documents.parsing.formats import FORMATS
from documents.parsing.limits import Limits
from documents.parsing.media_types import sniff
from tests.documents.parsing.samples import make_epub, make_odt, make_xlsx, make_zip
from tests.small_pdf import make_pdf

PLACES = re.findall(
    r"\w+", "Ansel Birk Corrin Dovle Eskham Farrow Gildor Hask Imber Jorvik Kestrel Lunde Marrow Norrin"
)
THINGS = re.findall(r"\w+", "bridge archive harbour mill tower library garden foundry ferry station market school")
VERBS = re.findall(r"\w+", "reopened closed expanded inspected repaired measured surveyed replaced audited")
BROKEN_EVERY = 25  # one file in so many cannot be read, or holds no text
LONG_EVERY = 8  # one file in so many takes several batches of embedding
PARAGRAPHS, LONG_PARAGRAPHS = (1, 5), (34, 44)


@dataclass(frozen=True)
class SampleFile:
    """A file, a question it answers, and the pages and chunks it has to have: none if it has to fail."""

    name: str
    content: bytes
    question: str
    pages: int
    chunks: int


def sample_files(seed: int) -> Iterator[SampleFile]:
    """Files without end, the same ones for the same seed."""
    for number in count():
        chance = random.Random(f"{seed}-{number}")
        if number % BROKEN_EVERY == BROKEN_EVERY - 1:
            yield _broken(number, chance)
            continue
        bounds = LONG_PARAGRAPHS if number % LONG_EVERY == LONG_EVERY - 1 else PARAGRAPHS
        place, thing = f"{chance.choice(PLACES)}{number}", chance.choice(THINGS)
        fact = f"The {thing} of {place} holds exactly {chance.randint(100, 99_999)} oak crates."
        text = [fact, *(_paragraph(chance, place) for _ in range(chance.randint(*bounds)))]
        ending, make = list(MAKERS.items())[number % len(MAKERS)]
        question = f"How many oak crates does the {thing} of {place} hold?"
        yield _expected(f"report-{number}.{ending}", make(text), question)


def _expected(name: str, content: bytes, question: str) -> SampleFile:
    try:
        media_type = sniff(content, name)
        pages = [page for _, page in FORMATS[media_type].load()(content, Limits())]
    except ParsingError:
        return SampleFile(name, content, question, 0, 0)
    return SampleFile(name, content, question, len(pages), _chunks(pages))


def _chunks(pages: list[ParsedPage]) -> int:
    return sum(1 for _ in split_pages(pages))


def _broken(number: int, chance: random.Random) -> SampleFile:
    """A file that is accepted by what it looks like, and cannot be indexed."""
    damaged = make_zip({"[Content_Types].xml": "<x", "word/document.xml": str(number)})
    empty = f"<html><head><title>{number}</title></head><body><script>run({number})</script></body></html>".encode()
    name, content = chance.choice([(f"damaged-{number}.docx", damaged), (f"empty-{number}.html", empty)])
    return SampleFile(name, content, "What does the damaged file say?", 0, 0)


def _paragraph(chance: random.Random, place: str) -> str:
    sentences = (
        f"In {chance.randint(1850, 2020)} the {chance.choice(THINGS)} near {place} was {chance.choice(VERBS)} "
        f"by {chance.randint(2, 90)} people from {chance.choice(PLACES)} and cost {chance.randint(10, 9_999)} crowns."
        for _ in range(chance.randint(3, 8))
    )
    return " ".join(sentences)


def _text(paragraphs: list[str]) -> bytes:
    return "\n\n".join(paragraphs).encode()


def _markdown(paragraphs: list[str]) -> bytes:
    return "\n\n".join(f"## Part {number}\n\n{text}" for number, text in enumerate(paragraphs, start=1)).encode()


def _html(paragraphs: list[str]) -> bytes:
    return f"<!doctype html><html><body>{''.join(f'<p>{text}</p>' for text in paragraphs)}</body></html>".encode()


def _csv(paragraphs: list[str]) -> bytes:
    return "\n".join(["number,text", *(f'{number},"{text}"' for number, text in enumerate(paragraphs))]).encode()


def _email(paragraphs: list[str]) -> bytes:
    head = "From: a@example.org\nTo: b@example.org\nSubject: Report\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n"
    return (head + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + "\n\n".join(paragraphs)).encode()


def _docx(paragraphs: list[str]) -> bytes:
    document, buffer = WordDocument(), io.BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(buffer)
    return buffer.getvalue()


def _pptx(paragraphs: list[str]) -> bytes:
    slides, buffer = Presentation(), io.BytesIO()
    for number, text in enumerate(paragraphs, start=1):
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = f"Part {number}", text
    slides.save(buffer)
    return buffer.getvalue()


def _pdf(paragraphs: list[str]) -> bytes:
    return make_pdf([_lines(text) for text in paragraphs])


def _lines(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + 14]) for start in range(0, len(words), 14)]


def _odt(paragraphs: list[str]) -> bytes:
    return make_odt(f"<office:text>{''.join(f'<text:p>{text}</text:p>' for text in paragraphs)}</office:text>")


def _epub(paragraphs: list[str]) -> bytes:
    return make_epub({f"{number}.xhtml": f"<p>{text}</p>" for number, text in enumerate(paragraphs, start=1)})


def _xlsx(paragraphs: list[str]) -> bytes:
    return make_xlsx({"Report": [[number, text] for number, text in enumerate(paragraphs)]})


MAKERS: dict[str, Callable[[list[str]], bytes]] = {
    "txt": _text,
    "md": _markdown,
    "html": _html,
    "csv": _csv,
    "eml": _email,
    "docx": _docx,
    "pptx": _pptx,
    "pdf": _pdf,
    "odt": _odt,
    "epub": _epub,
    "xlsx": _xlsx,
}
