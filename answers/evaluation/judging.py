"""Judge what was found for one question, and what was answered. Pure: sees hits and texts, not how they were found."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from answers.evaluation import metrics
from answers.evaluation.questions import JudgedBy, Question

RECALL_DEPTHS = (1, 4, 5, 10, 100)
EVIDENCE_DEPTHS = PAGE_DEPTHS = (1, 5, 10)
DOCUMENT_DEPTHS = (1, 10)


@dataclass(frozen=True)
class Hit:
    """A chunk as a leg found it; `document` is the hash of its document's bytes."""

    chunk_id: int
    document: str
    page: int
    text: str


def judge_hits(question: Question, hits: Sequence[Hit], judged_by: JudgedBy) -> dict[str, float]:
    """The figures of one answerable question, by their names; hits come best first."""
    ranking, relevant = ranked(question, hits, judged_by)
    figures: dict[str, float] = {}
    if judged_by is JudgedBy.PAGE:
        figures |= {f"page@{k}": metrics.hit(ranking, relevant, k) for k in PAGE_DEPTHS}
    elif judged_by is JudgedBy.DOCUMENT:
        figures |= {f"R@{k}": metrics.recall(ranking, relevant, k) for k in RECALL_DEPTHS}
        figures["nDCG@10"] = metrics.ndcg(ranking, relevant)
        figures["MAP@10"] = metrics.average_precision(ranking, relevant)
        figures["all@10"] = metrics.all_found(ranking, relevant, 10)
    figures["MRR@10"] = metrics.reciprocal_rank(ranking, relevant)
    if judged_by is JudgedBy.CHUNK or (judged_by is JudgedBy.DOCUMENT and question.answers and question.documents):
        chunks, holding = evidence(question, hits[: max(EVIDENCE_DEPTHS)])
        figures |= {f"evidence@{k}": metrics.hit(chunks, holding, k) for k in EVIDENCE_DEPTHS}
    if question.documents:
        documents = list(dict.fromkeys(hit.document for hit in hits))
        figures |= {f"document@{k}": metrics.hit(documents, question.documents, k) for k in DOCUMENT_DEPTHS}
    return figures


def ranked(question: Question, hits: Sequence[Hit], judged_by: JudgedBy) -> tuple[list[Hashable], frozenset[Hashable]]:
    """The units found, best first and each once, and those that are relevant."""
    if judged_by is JudgedBy.CHUNK:
        chunks, holding = evidence(question, hits[: max(EVIDENCE_DEPTHS)])
        return list(chunks), frozenset(holding)
    units = [(hit.document, hit.page) if judged_by is JudgedBy.PAGE else hit.document for hit in hits]
    return list(dict.fromkeys(units)), question.relevant


def evidence(question: Question, hits: Sequence[Hit]) -> tuple[list[int], set[int]]:
    """The chunks found, and those of the right document that hold an answer; what is not known is not asked for."""
    holding = {
        hit.chunk_id
        for hit in hits
        if (not question.documents or hit.document in question.documents)
        and (not question.answers or metrics.holds(hit.text, question.answers, question.language))
    }
    return [hit.chunk_id for hit in hits], holding


def judge_quotes(question: Question, quotes: Sequence[str]) -> dict[str, float]:
    """Whether the first quoted sentence, and whether any of them, holds an answer; no quotes where it was refused."""
    if not question.answers:
        return {}
    found = [metrics.holds(quote, question.answers, question.language) for quote in quotes]
    return {"contains@1": float(any(found[:1])), "contains@3": float(any(found))}
