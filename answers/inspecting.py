"""How an answer was found, as its reader may see it: each passage's place in every leg, the prompt, tokens and time.

Knows nothing of requests. Passages of documents that were deleted, are in quarantine, or are closed to this person
are only counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from answers.models import Answer, Citation, RetrievedPassage
from answers.refusal import THRESHOLD
from answers.telling import notice_in_language
from answers.transcript import beginning, location, viewer_url
from documents.models import Chunk, Collection, Document
from qabot.prices import in_dollars

TOTAL = "total"  # the stopwatch's name for the time from start to end


@dataclass(frozen=True)
class Leg:
    """A way of ranking passages: `column` is what its rank and score are stored under, `unit` what the score is."""

    title: str
    column: str
    unit: str


# A line more is a column more, on the page and in the admin: {column}_rank and {column}_score must be stored.
LEGS = (
    Leg(_("Meaning"), "semantic", "cosine"),
    Leg(_("Words"), "lexical", "BM25"),
    Leg(_("Fused"), "fused", _("sum of z-scores")),
    Leg(_("Reranked"), "rerank", _("word by word, 0 to 1")),
)
# In the order in which they run: the database keeps the timings in an order of its own.
STAGES = {
    "rewrite": _("Complete the question"),
    "embed_question": _("Embed the question"),
    "lexical": _("Search the words"),
    "semantic": _("Search the meaning"),
    "fuse": _("Fuse"),
    "rerank": _("Rerank"),
    "compose": _("Write the prompt"),
    "generate": _("Write the answer"),
    "extract": _("Pick sentences"),
    "cite": _("Find the quotes"),
}


@dataclass(frozen=True)
class Place:
    """Where a passage stood in a leg: rank counts from 1; None where the leg did not run or did not find it."""

    leg: Leg
    rank: int | None
    score: float | None


@dataclass(frozen=True)
class InspectedPassage:
    """A passage that was considered. `rank` counts from 1; `text` is empty where its document was indexed again."""

    rank: int
    row: RetrievedPassage
    places: tuple[Place, ...]  # in the order of LEGS
    cited: tuple[int, ...]  # numbers of the citations whose quote lies in it
    text: str

    @property
    def excerpt(self) -> str:
        return beginning(self.text)

    @property
    def location(self) -> str:
        return location(self.row)

    @property
    def url(self) -> str:
        return viewer_url(self.row)


@dataclass(frozen=True)
class Stage:
    name: str
    milliseconds: float


@dataclass(frozen=True)
class Inspection:
    """What the page "How this was found" shows."""

    answer: Answer
    collections: tuple[str, ...]  # names of those searched that this person may read
    collections_closed: int  # how many more were searched
    passages: tuple[InspectedPassage, ...]
    not_shown: int  # passages whose document is gone, closed or in quarantine
    stages: tuple[Stage, ...]
    total_ms: float
    legs: tuple[Leg, ...] = LEGS
    threshold: float = THRESHOLD

    @property
    def notice(self) -> str:
        return notice_in_language(self.answer.notice)

    @property
    def too_thin(self) -> bool:
        return self.answer.confidence is not None and self.answer.confidence < self.threshold

    @property
    def cost(self) -> str:
        return in_dollars(self.answer.cost_microdollars)

    @property
    def paid(self) -> bool:
        """Whether a model of a provider took part."""
        return bool(self.answer.model or self.answer.prompt_tokens or self.answer.cost_microdollars)

    @property
    def prompted(self) -> bool:
        return any(passage.row.number is not None for passage in self.passages)


def inspection_of(answer: Answer, actor: Any) -> Inspection:
    """How an answer was found, as far as `actor` may read what it was found in."""
    rows = list(answer.passages.all())
    passages = _visible_passages(rows, list(answer.citations.all()), actor)
    searched = answer.collections.count()
    visible = Collection.objects.visible_to(actor).filter(pk__in=answer.collections.values("pk"))
    names = tuple(visible.values_list("name", flat=True))
    return Inspection(
        answer=answer,
        collections=names,
        collections_closed=searched - len(names),
        passages=passages,
        not_shown=len(rows) - len(passages),
        stages=_stages(answer.timings_ms),
        total_ms=answer.timings_ms.get(TOTAL, 0.0),
    )


def _visible_passages(
    rows: Sequence[RetrievedPassage], citations: Sequence[Citation], actor: Any
) -> tuple[InspectedPassage, ...]:
    documents = Document.objects.openable_by(actor).filter(pk__in={row.document_id or 0 for row in rows})
    visible = set(documents.values_list("pk", flat=True))
    chunks = Chunk.objects.filter(pk__in={row.chunk_id or 0 for row in rows}, document__in=visible)
    texts = dict(chunks.values_list("pk", "text"))
    return tuple(
        InspectedPassage(rank, row, _places(row), _cited(row, citations), texts.get(row.chunk_id or 0, ""))
        for rank, row in enumerate(rows, start=1)
        if row.document_id in visible
    )


def _places(row: RetrievedPassage) -> tuple[Place, ...]:
    return tuple(Place(leg, getattr(row, f"{leg.column}_rank"), getattr(row, f"{leg.column}_score")) for leg in LEGS)


def _cited(row: RetrievedPassage, citations: Sequence[Citation]) -> tuple[int, ...]:
    return tuple(
        citation.number
        for citation in citations
        if (citation.document_id, citation.page_number) == (row.document_id, row.page_number)
        and citation.start < row.end
        and citation.end > row.start
    )


def _stages(timings_ms: Mapping[str, float]) -> tuple[Stage, ...]:
    known = [name for name in STAGES if name in timings_ms]
    others = [name for name in timings_ms if name not in STAGES and name != TOTAL]
    return tuple(
        Stage(gettext(STAGES[name]) if name in STAGES else name.replace("_", " ").capitalize(), timings_ms[name])
        for name in known + others
    )
