"""How an answer, its citations and passages look in JSON: the one shape of the REST door and of streams.

Knows nothing of requests. Citations keep their quote where the document is gone or in quarantine; only the link is
missing then.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse

from answers.events import AnswerUnkept
from answers.inspecting import InspectedPassage
from answers.models import Answer, Citation, Feedback
from answers.passages import LegScore, Passage
from answers.rendering import render_answer
from answers.telling import notice_in_language, text_in_language
from answers.transcript import viewer_url


def answer_json(answer: Answer) -> dict[str, Any]:
    prefetch_related_objects([answer], "citations__document")  # nothing where a list has fetched them already
    citations = list(answer.citations.all())
    return _answer_json(answer, citations, lambda citation: reverse("citation", args=[answer.pk, citation.number]))


def unkept_json(unkept: AnswerUnkept) -> dict[str, Any]:
    """The same shape; without rows there is no id, and marks lead straight to the documents' pages."""
    return _answer_json(unkept.answer, unkept.citations, viewer_url)


def _answer_json(answer: Answer, citations: Sequence[Citation], address: Callable[[Citation], str]) -> dict[str, Any]:
    text = text_in_language(answer)
    by_number = {citation.number: citation for citation in citations}
    return {
        "id": answer.pk,
        "conversation": answer.conversation_id,
        "question": answer.question,
        "searched_for": answer.searched_for,
        "answer": text,
        "html": render_answer(text, lambda number: address(by_number[number]) if number in by_number else None),
        "mode": answer.mode,
        "status": answer.status,
        "notice": notice_in_language(answer.notice),
        "supported": answer.supported,
        "confidence": answer.confidence,
        "citations": [citation_json(citation) for citation in citations],
        "model": answer.model,
        "embedding_model": answer.embedding_model,
        "usage": usage_json(answer),
        "timings_ms": answer.timings_ms,
        "created_at": answer.created_at.isoformat(),
        # A missing one-to-one row is an AttributeError too.
        "feedback": feedback_json(getattr(answer, "feedback", None)),
    }


def usage_json(answer: Answer) -> dict[str, Any]:
    """Tokens and dollars; null dollars where the price of a model is not known."""
    cost = answer.cost_microdollars
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cost_usd": None if cost is None else cost / 1_000_000,
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "document": {
            "id": citation.document_id,
            "name": citation.document_name,
            "quarantined": citation.quarantined,
        },
        "page": citation.page_number,
        "page_label": citation.page_label,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "url": None if citation.document_id is None or citation.quarantined else viewer_url(citation),
        "score": citation.score,
        "supported": citation.supported,
    }


def feedback_json(feedback: Feedback | None) -> dict[str, Any] | None:
    return None if feedback is None else {"helpful": feedback.helpful, "comment": feedback.comment}


def passage_json(passage: Passage) -> dict[str, Any]:
    page = reverse("document-page", args=[passage.document_id, passage.page_number])
    return {
        "rank": passage.rank,
        "score": passage.fused_score,
        "semantic": leg_json(passage.semantic),
        "lexical": leg_json(passage.lexical),
        "fused": leg_json(LegScore(passage.fused_rank, passage.fused_score)),
        "reranked": leg_json(passage.rerank),
        "document": {"id": passage.document_id, "name": passage.document_name},
        "page": passage.page_number,
        "page_label": passage.page_label,
        "heading_path": list(passage.heading_path),
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "url": f"{page}?start={passage.start}&end={passage.end}#quote",
    }


def inspected_json(passage: InspectedPassage) -> dict[str, Any]:
    """A passage as it was stored with its answer; `text` is empty where its document was indexed again since."""
    row = passage.row
    return {
        "rank": passage.rank,
        "score": row.fused_score,
        "semantic": leg_json(LegScore(row.semantic_rank, row.semantic_score)),
        "lexical": leg_json(LegScore(row.lexical_rank, row.lexical_score)),
        "fused": leg_json(LegScore(row.fused_rank, row.fused_score)),
        "reranked": leg_json(LegScore(row.rerank_rank, row.rerank_score)),
        "document": {"id": row.document_id, "name": row.document_name},
        "page": row.page_number,
        "page_label": row.page_label,
        "heading_path": row.heading_path,
        "text": passage.text,
        "start": row.start,
        "end": row.end,
        "url": passage.url,
        "number": row.number,
        "cited": list(passage.cited),
    }


def leg_json(leg: LegScore) -> dict[str, Any]:
    """A leg's rank counts from 1; null where the leg did not run or did not find the passage."""
    return {"rank": leg.rank, "score": leg.score}
