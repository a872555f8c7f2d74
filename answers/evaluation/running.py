"""Ask a set's questions through the real read path, and judge what comes. Knows nothing of how figures are shown.

Questions of an evaluation are nobody's: what answering stores of them is deleted at once.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from answers.answering import AnsweringOptions, ask, too_thin
from answers.evaluation import metrics
from answers.evaluation.judging import Hit, judge_hits, judge_quotes
from answers.evaluation.legs import leg_rankings
from answers.evaluation.progress import Progress
from answers.evaluation.questions import EvaluationSet, Question
from answers.models import Answer, AnswerStatus, Conversation, Mode
from answers.retrieval import CANDIDATES, Retrieved, retrieve
from answers.timing import Stopwatch
from documents.models import Document, Page
from documents.scope import Scope

RETRIEVAL_LEGS = ("lexical", "semantic", "fused", "reranked")
ANSWERS = "answers"
LEGS = (*RETRIEVAL_LEGS, ANSWERS)
ANSWERS_LIMIT = 300  # answerable questions asked to the end, and as many of the others: enough for ± .03
KEPT = 2 * CANDIDATES  # every candidate of both legs
QUOTING = AnsweringOptions(writer=None, prompt_tokens=0)

Latency = dict[str, dict[str, float]]  # {"p50": …, "p95": …} in milliseconds, by stage


@dataclass(frozen=True)
class Findings:
    """Figures by leg, and latencies of searching ("retrieval") and of answering ("answers") by stage."""

    legs: Mapping[str, dict[str, float]]
    latency_ms: Mapping[str, Latency]
    answered_questions: int  # how many of the questions were asked to the end


@dataclass
class _Tally:
    """What one leg's questions brought: a row of figures each, and how sure it was of each question."""

    rows: list[dict[str, float]] = field(default_factory=list)
    answerable: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    ran: bool = False

    def figures(self) -> dict[str, float]:
        figures = metrics.means(self.rows)
        auroc = metrics.auroc(self.answerable, self.others)
        refused = metrics.refused_when_answering(self.answerable, self.others)
        if auroc is not None and refused is not None:
            figures |= {"AUROC": auroc, "refused@90": refused}
        return figures


def scope_of(collection_id: int) -> Scope:
    """The scope of one collection, whoever may read it: who runs a command may read all."""
    return Scope((collection_id,), None, Document.objects.chunks_visible([collection_id]))


def run(asked: EvaluationSet, scope: Scope, legs: Collection[str], errors: TextIO) -> Findings:
    """Ask every question and judge each leg asked for; legs that do not run are left out."""
    figures: dict[str, dict[str, float]] = {}
    latency: dict[str, Latency] = {}
    fully = EvaluationSet(asked.name, asked.judged_by, ())
    if set(legs) & set(RETRIEVAL_LEGS):
        found, latency["retrieval"] = _retrieve_all(asked, scope, errors)
        figures = {leg: found[leg] for leg in RETRIEVAL_LEGS if leg in legs and leg in found}
    if ANSWERS in legs:
        fully = asked.limited(ANSWERS_LIMIT)
        figures[ANSWERS], latency[ANSWERS] = _answer_all(fully, scope, errors)
    return Findings(figures, latency, len(fully.questions))


@contextmanager
def nobodys_conversation() -> Iterator[Conversation]:
    """A conversation that nobody can read and that goes in the end, with what answering stored in it."""
    conversation = Conversation.objects.create(anonymous_key=f"evaluation-{uuid.uuid4()}", title="Evaluation")
    try:
        yield conversation
    finally:
        conversation.delete()


def latencies(timings: Sequence[Mapping[str, float]]) -> Latency:
    """The median and the 95th percentile of each stage, over the rows that have it."""
    stages = dict.fromkeys(stage for row in timings for stage in row)
    values = {stage: [row[stage] for row in timings if stage in row] for stage in stages}
    return {
        stage: {"p50": metrics.percentile(values[stage], 0.5), "p95": metrics.percentile(values[stage], 0.95)}
        for stage in stages
    }


def _retrieve_all(asked: EvaluationSet, scope: Scope, errors: TextIO) -> tuple[dict[str, dict[str, float]], Latency]:
    hashes = dict(Document.objects.filter(collection__in=scope.collection_ids).values_list("pk", "sha256"))
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    timings: list[dict[str, float]] = []
    with Progress(errors, f"Searching {asked.name}, questions", len(asked.questions)) as progress:
        for number, question in enumerate(asked.questions, start=1):
            stopwatch = Stopwatch()
            found = retrieve(question.text, scope, stopwatch, keep=KEPT)
            timings.append(stopwatch.total())
            _tally(asked, question, found, hashes, tallies)
            progress.show(number)
    return {leg: tally.figures() for leg, tally in tallies.items() if tally.ran}, latencies(timings)


def _tally(
    asked: EvaluationSet,
    question: Question,
    found: Retrieved,
    hashes: Mapping[int, str],
    tallies: Mapping[str, _Tally],
) -> None:
    for leg, ranking in leg_rankings(found.passages, found.confidence).items():
        tally = tallies[leg]
        tally.ran = tally.ran or ranking.ran
        row: dict[str, float] = {}
        if question.answerable:
            # A document indexed since the run began is none of the set's: whoever keeps the corpus says so in the end.
            hits = [Hit(p.chunk_id, hashes.get(p.document_id, ""), p.page_number, p.text) for p in ranking.passages]
            row = judge_hits(question, hits[:CANDIDATES], asked.judged_by)
        if leg in ("fused", "reranked"):
            row |= _refusal(question, refused=too_thin(found, None))
        tally.rows.append(row)
        (tally.answerable if question.answerable else tally.others).append(ranking.confidence)


def _answer_all(asked: EvaluationSet, scope: Scope, errors: TextIO) -> tuple[dict[str, float], Latency]:
    """Answer without a model that writes: what is measured costs nothing and comes out the same again."""
    rows: list[dict[str, float]] = []
    timings: list[dict[str, float]] = []
    label = f"Answering {asked.name}, questions"
    with nobodys_conversation() as conversation, Progress(errors, label, len(asked.questions)) as progress:
        for number, question in enumerate(asked.questions, start=1):
            answer = ask(question.text, conversation, scope, QUOTING)
            rows += _judge_answer(question, answer)
            timings.append(answer.timings_ms)
            answer.delete()  # the next question must not be taken for a follow-up
            progress.show(number)
    return metrics.means(rows), latencies(timings)


def _judge_answer(question: Question, answer: Answer) -> list[dict[str, float]]:
    """Rows of figures: one of the answer, and one of each of its citations."""
    citations = list(answer.citations.all())
    texts = Page.objects.texts_of({(citation.document_id or 0, citation.page_number) for citation in citations})
    failed = answer.status != AnswerStatus.DONE
    row = {**_refusal(question, refused=answer.mode == Mode.REFUSED), "failed": float(failed)}
    if failed and question.answerable:
        row["answered"] = 0.0
    if question.answerable:
        row |= judge_quotes(question, [citation.quote for citation in citations])
    return [row] + [
        {
            "exact": float(
                texts.get((citation.document_id or 0, citation.page_number), "")[citation.start : citation.end]
                == citation.quote
            ),
            "supported": float(citation.supported),
        }
        for citation in citations
    ]


def _refusal(question: Question, *, refused: bool) -> dict[str, float]:
    return {"answered": float(not refused)} if question.answerable else {"refused": float(refused)}
