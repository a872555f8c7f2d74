"""How an answer, its citations and passages look in JSON: the one shape of the REST door and of streams.

Knows nothing of requests. Citations keep their quote where the document is gone; only the link is missing then.
"""

from typing import Any

from django.urls import reverse

from answers.inspecting import InspectedPassage
from answers.models import Answer, Citation, Feedback
from answers.passages import LegScore, Passage
from answers.rendering import render_answer
from answers.transcript import viewer_url


def answer_json(answer: Answer) -> dict[str, Any]:
    citations = list(answer.citations.all())
    known = {citation.number for citation in citations}
    return {
        "id": answer.pk,
        "conversation": answer.conversation_id,
        "question": answer.question,
        "searched_for": answer.searched_for,
        "answer": answer.text,
        "html": render_answer(
            answer.text, lambda number: reverse("citation", args=[answer.pk, number]) if number in known else None
        ),
        "mode": answer.mode,
        "status": answer.status,
        "notice": answer.notice,
        "supported": answer.supported,
        "confidence": answer.confidence,
        "citations": [citation_json(citation) for citation in citations],
        "model": answer.model,
        "embedding_model": answer.embedding_model,
        "usage": {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens},
        "timings_ms": answer.timings_ms,
        "created_at": answer.created_at.isoformat(),
        # A missing one-to-one row is an AttributeError too.
        "feedback": feedback_json(getattr(answer, "feedback", None)),
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "document": {"id": citation.document_id, "name": citation.document_name},
        "page": citation.page_number,
        "page_label": citation.page_label,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "url": None if citation.document_id is None else viewer_url(citation),
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
