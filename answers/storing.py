"""Store what was found and said. Holds no decisions: it turns stages' results into rows."""

from collections.abc import Container, Sequence

from django.db import transaction

from answers import citations as resolved
from answers.models import Answer, Citation, RetrievedPassage
from answers.passages import Passage
from documents.models import Chunk, Document


def store_passages(answer: Answer, passages: Sequence[Passage]) -> None:
    """Store every passage that was considered, with its rank and score in each leg.

    A document may have been deleted, or indexed again, since it was found: what is gone is not pointed at.
    """
    with transaction.atomic():
        # Documents first, as deleting goes: neither waits for the other in a ring.
        documents = Document.objects.all().standing({passage.document_id for passage in passages})
        chunks = Chunk.objects.all().standing({passage.chunk_id for passage in passages})
        RetrievedPassage.objects.bulk_create(_passage_rows(answer, passages, documents, chunks))


def _passage_rows(
    answer: Answer, passages: Sequence[Passage], documents: Container[int], chunks: Container[int]
) -> list[RetrievedPassage]:
    return [
        RetrievedPassage(
            answer=answer,
            chunk_id=passage.chunk_id if passage.chunk_id in chunks else None,
            document_id=passage.document_id if passage.document_id in documents else None,
            document_name=passage.document_name,
            page_number=passage.page_number,
            page_label=passage.page_label,
            start=passage.start,
            end=passage.end,
            heading_path=list(passage.heading_path),
            semantic_rank=passage.semantic.rank,
            semantic_score=passage.semantic.score,
            lexical_rank=passage.lexical.rank,
            lexical_score=passage.lexical.score,
            fused_rank=passage.fused_rank,
            fused_score=passage.fused_score,
            rerank_rank=passage.rerank.rank,
            rerank_score=passage.rerank.score,
        )
        for passage in passages
    ]


def number_passages(answer: Answer, prompted: Sequence[Passage]) -> None:
    """Note which passages went into the prompt: a merged one stands for every passage inside its span."""
    for number, passage in enumerate(prompted, start=1):
        answer.passages.filter(
            document_id=passage.document_id,
            page_number=passage.page_number,
            start__gte=passage.start,
            end__lte=passage.end,
        ).update(number=number)


def store_answer(answer: Answer, cited: resolved.Cited) -> None:
    """Store an answer and its citations in one transaction: nobody reads one without the other."""
    answer.text = cited.text
    answer.supported = cited.supported
    answer.marks_dropped = len(cited.dropped)
    with transaction.atomic():
        answer.save()
        rows = citation_rows(answer, cited)
        standing = Document.objects.all().standing({row.document_id for row in rows if row.document_id})
        for row in rows:
            if row.document_id not in standing:
                row.document_id = None
        Citation.objects.bulk_create(rows)
        answer.conversation.save(update_fields=["updated_at"])


def citation_rows(answer: Answer, cited: resolved.Cited) -> list[Citation]:
    """Rows that are not stored yet."""
    return [
        Citation(
            answer=answer,
            number=citation.number,
            document_id=citation.passage.document_id,
            document_name=citation.passage.document_name,
            page_number=citation.passage.page_number,
            page_label=citation.passage.page_label,
            start=citation.start,
            end=citation.end,
            quote=citation.quote,
            passage_start=citation.passage.start,
            passage_end=citation.passage.end,
            supported=citation.supported,
            score=citation.score,
        )
        for citation in cited.citations
    ]
