"""What the pages show of answers: safe HTML, the list of sources, and the nearest passages of a refusal.

Knows nothing of requests. What a person may read is asked of the querysets, at the time of showing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse

from answers.models import Answer, AnswerStatus, Citation, Mode, PassageReference, RetrievedPassage
from answers.passages import PAGE_NUMBER
from answers.querysets import AnswerQuerySet
from answers.rendering import render_answer
from documents.models import Chunk, Document

NEAREST_PASSAGES = 3
EXCERPT_CHARACTERS = 220


@dataclass(frozen=True)
class ShownSource:
    """One line of an answer's list of sources, or one of a refusal's nearest passages."""

    number: int
    document_name: str
    location: str
    text: str
    url: str
    supported: bool = True
    quarantined: bool = False


@dataclass(frozen=True)
class ShownAnswer:
    """An answer as a page shows it. `html` went through the sanitiser."""

    answer: Answer
    html: str
    sources: tuple[ShownSource, ...]
    nearest: tuple[ShownSource, ...]
    collection: str  # the slug of the one collection that was asked, to ask it again; empty if there were more

    @property
    def refused(self) -> bool:
        return self.answer.mode == Mode.REFUSED

    @property
    def can_be_retried(self) -> bool:
        return self.answer.status in (AnswerStatus.INTERRUPTED, AnswerStatus.FAILED)

    @property
    def searched_for_something_else(self) -> bool:
        return bool(self.answer.searched_for) and self.answer.searched_for != self.answer.question


def shown_answers(answers: AnswerQuerySet, actor: Any) -> list[ShownAnswer]:
    """The answers in order, with what they rest on."""
    nearest = RetrievedPassage.objects.all()[:NEAREST_PASSAGES]
    rows = list(
        answers.prefetch_related("collections", "citations__document", Prefetch("passages", nearest, to_attr="nearest"))
    )
    refused = [passage for answer in rows if answer.mode == Mode.REFUSED for passage in answer.nearest]
    excerpts = _excerpts(refused, actor)
    return [_shown(answer, excerpts) for answer in rows]


def location(place: PassageReference) -> str:
    """Where in its document, for people: the page's own label, or "page 12"."""
    label = place.page_label.strip()
    return f"page {label or place.page_number}" if PAGE_NUMBER.fullmatch(label) else label


def viewer_url(place: PassageReference) -> str:
    """The viewer's address of a place, its words marked."""
    page = reverse("document-page", args=[place.document_id, place.page_number])
    return f"{page}?start={place.start}&end={place.end}#quote"


def _shown(answer: Answer, excerpts: dict[int, str]) -> ShownAnswer:
    citations, collections = list(answer.citations.all()), list(answer.collections.all())
    nearest: Sequence[RetrievedPassage] = answer.nearest if answer.mode == Mode.REFUSED else ()  # type: ignore[attr-defined]
    return ShownAnswer(
        answer=answer,
        html=render_answer(answer.text, _citation_urls(answer, citations)),
        sources=tuple(_source(citation) for citation in citations),
        nearest=tuple(_nearest(passage, excerpts[passage.pk]) for passage in nearest if passage.pk in excerpts),
        collection=collections[0].slug if len(collections) == 1 else "",
    )


def _citation_urls(answer: Answer, citations: Iterable[Citation]) -> Callable[[int], str | None]:
    known = {citation.number for citation in citations}
    return lambda number: reverse("citation", args=[answer.pk, number]) if number in known else None


def _source(citation: Citation) -> ShownSource:
    url = reverse("citation", args=[citation.answer_id, citation.number])
    quote, place = " ".join(citation.quote.split()), location(citation)
    return ShownSource(
        citation.number, citation.document_name, place, quote, url, citation.supported, citation.quarantined
    )


def _nearest(passage: RetrievedPassage, excerpt: str) -> ShownSource:
    return ShownSource(passage.rank, passage.document_name, location(passage), excerpt, viewer_url(passage))


def _excerpts(passages: Sequence[RetrievedPassage], actor: Any) -> dict[int, str]:
    """How each passage begins, by its id; those whose document is gone, or closed to this person, are left out."""
    visible = Document.objects.visible_to(actor).ready()
    wanted = Chunk.objects.filter(pk__in=[passage.chunk_id for passage in passages], document__in=visible)
    texts = dict(wanted.values_list("pk", "text"))
    return {passage.pk: beginning(texts[passage.chunk_id]) for passage in passages if passage.chunk_id in texts}


def beginning(text: str) -> str:
    """How a text begins, cut where a word ends; scripts without spaces are cut anywhere."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT_CHARACTERS:
        return line
    space = line.rfind(" ", EXCERPT_CHARACTERS - 30, EXCERPT_CHARACTERS)
    return line[: space if space > 0 else EXCERPT_CHARACTERS] + " …"
