"""What the pages show of answers: safe HTML, the list of sources, and the nearest passages of a refusal.

Knows nothing of requests. What a person may read is asked of the querysets, at the time of showing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from answers.citations import doubtful_sentences
from answers.models import Answer, AnswerStatus, Citation, Feedback, Mode, PassageReference, RetrievedPassage
from answers.passages import PAGE_NUMBER
from answers.querysets import AnswerQuerySet
from answers.rendering import in_table_row, render_answer
from answers.telling import notice_in_language, text_in_language
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
    document_id: int | None
    supported: bool = True
    quarantined: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class SourceDocument:
    """A document among an answer's sources, with the places of it that are cited."""

    name: str
    sources: tuple[ShownSource, ...]
    quarantined: bool
    deleted: bool


@dataclass(frozen=True)
class ShownAnswer:
    """An answer as a page shows it. `html` went through the sanitiser."""

    answer: Answer
    html: str
    sources: tuple[ShownSource, ...]
    nearest: tuple[ShownSource, ...]
    collection: str  # the slug of the one collection that was asked, to ask it again; empty if there were more
    doubtful: bool = False  # whatever sentences nothing that is cited supports are marked in `html`
    feedback: Feedback | None = None

    @property
    def documents(self) -> list[SourceDocument]:
        """The sources by their document, in the order in which each is first cited."""
        grouped: dict[tuple[str, int | None], list[ShownSource]] = {}
        for source in self.sources:
            grouped.setdefault((source.document_name, source.document_id), []).append(source)
        return [
            SourceDocument(name, tuple(sources), sources[0].quarantined, sources[0].deleted)
            for (name, _id), sources in grouped.items()
        ]

    @property
    def is_over(self) -> bool:
        """Whether there is something to read, to copy and to have an opinion of."""
        return self.answer.status in (AnswerStatus.DONE, AnswerStatus.INTERRUPTED) and bool(self.answer.text)

    @property
    def refused(self) -> bool:
        return self.answer.mode == Mode.REFUSED

    @property
    def notice(self) -> str:
        return notice_in_language(self.answer.notice)

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
        answers.select_related("feedback").prefetch_related(
            "collections", "citations__document", Prefetch("passages", nearest, to_attr="nearest")
        )
    )
    refused = [passage for answer in rows if answer.mode == Mode.REFUSED for passage in answer.nearest]
    excerpts = _excerpts(refused, actor)
    return [_shown(answer, excerpts) for answer in rows]


def location(place: PassageReference) -> str:
    """Where in its document, for people: the page's own label, or "page 12"."""
    label = place.page_label.strip()
    return _("page %(page)s") % {"page": label or place.page_number} if PAGE_NUMBER.fullmatch(label) else label


def viewer_url(place: PassageReference, answer_id: int | None = None) -> str:
    """The viewer's address of a place, its words marked; with an answer, it leads back there."""
    page = reverse("document-page", args=[place.document_id, place.page_number])
    back = f"&answer={answer_id}" if answer_id else ""
    return f"{page}?start={place.start}&end={place.end}{back}#quote"


def _shown(answer: Answer, excerpts: dict[int, str]) -> ShownAnswer:
    citations, collections = list(answer.citations.all()), list(answer.collections.all())
    nearest: Sequence[RetrievedPassage] = answer.nearest if answer.mode == Mode.REFUSED else ()  # type: ignore[attr-defined]
    doubtful = _doubtful(answer, citations)
    return ShownAnswer(
        answer=answer,
        html=render_answer(text_in_language(answer), _citation_urls(answer, citations), doubtful),
        doubtful=bool(doubtful) and not any(in_table_row(answer.text, start) for start, _end in doubtful),
        sources=tuple(_source(citation) for citation in citations),
        nearest=tuple(_nearest(passage, excerpts[passage.pk]) for passage in nearest if passage.pk in excerpts),
        collection=collections[0].slug if len(collections) == 1 else "",
        feedback=getattr(answer, "feedback", None),  # a missing one-to-one row is an AttributeError too
    )


def _doubtful(answer: Answer, citations: Iterable[Citation]) -> tuple[tuple[int, int], ...]:
    """The sentences that nothing cited supports, of an answer that is whole and not proved."""
    if answer.mode != Mode.GENERATED or answer.status != AnswerStatus.DONE or answer.supported:
        return ()
    return doubtful_sentences(answer.text, {citation.number for citation in citations if citation.supported})


def _citation_urls(answer: Answer, citations: Iterable[Citation]) -> Callable[[int], str | None]:
    known = {citation.number for citation in citations}
    return lambda number: reverse("citation", args=[answer.pk, number]) if number in known else None


def _source(citation: Citation) -> ShownSource:
    return ShownSource(
        number=citation.number,
        document_name=citation.document_name,
        location=location(citation),
        text=" ".join(citation.quote.split()),
        url=reverse("citation", args=[citation.answer_id, citation.number]),
        document_id=citation.document_id,
        supported=citation.supported,
        quarantined=citation.quarantined,
        deleted=citation.document is None,
    )


def _nearest(passage: RetrievedPassage, excerpt: str) -> ShownSource:
    url, place = viewer_url(passage, passage.answer_id), location(passage)
    return ShownSource(passage.rank, passage.document_name, place, excerpt, url, passage.document_id)


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
