"""Store what was found and said, and hold the SQL of that. No decisions: stages' results are turned into rows."""

from collections.abc import Sequence

from django.db import connection, transaction

from answers import citations as resolved
from answers.models import Answer, Citation
from answers.passages import Passage
from documents.models import Chunk, Document

# An INSERT of fifty rows is a statement of a thousand parameters, which took 15 ms to write and to read.
COPY_PASSAGES = """
COPY answers_retrievedpassage
(answer_id, chunk_id, document_id, document_name, page_number, page_label, start, "end", heading_path,
semantic_rank, semantic_score, lexical_rank, lexical_score, fused_rank, fused_score, rerank_rank, rerank_score)
FROM STDIN WITH (FORMAT BINARY)
"""
PASSAGE_TYPES = (
    "int8 int8 int8 varchar int4 varchar int4 int4 text[] int4 float8 int4 float8 int4 float8 int4 float8".split()  # noqa: SIM905
)

# One statement, so one wait for the disk: the model is asked only afterwards.
NUMBER_PASSAGES = """
UPDATE answers_retrievedpassage AS passage SET number = prompted.number
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[]) WITH ORDINALITY
AS prompted (document_id, page_number, start, "end", number)
WHERE passage.answer_id = %s AND passage.document_id = prompted.document_id
AND passage.page_number = prompted.page_number AND passage.start >= prompted.start AND passage."end" <= prompted."end"
"""


def store_passages(answer: Answer, passages: Sequence[Passage]) -> None:
    """Store every passage that was considered, with its rank and score in each leg.

    A document may have been deleted, or indexed again, since it was found: what is gone is not pointed at.
    """
    with transaction.atomic():
        # Documents first, as deleting goes: neither waits for the other in a ring.
        documents = Document.objects.all().standing({passage.document_id for passage in passages})
        chunks = Chunk.objects.all().standing({passage.chunk_id for passage in passages})
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY_PASSAGES) as copy:
            copy.set_types(PASSAGE_TYPES)
            for passage in passages:
                chunk = passage.chunk_id if passage.chunk_id in chunks else None
                document = passage.document_id if passage.document_id in documents else None
                copy.write_row((answer.pk, chunk, document, *_place(passage), *_scores(passage)))


def _place(passage: Passage) -> tuple[object, ...]:
    place = (passage.page_number, passage.page_label, passage.start, passage.end)
    return passage.document_name, *place, list(passage.heading_path)


def _scores(passage: Passage) -> tuple[float | None, ...]:
    legs = (passage.semantic.rank, passage.semantic.score, passage.lexical.rank, passage.lexical.score)
    return *legs, passage.fused_rank, passage.fused_score, passage.rerank.rank, passage.rerank.score


def number_passages(answer: Answer, prompted: Sequence[Passage]) -> None:
    """Note which passages went into the prompt: a merged one stands for every passage inside its span."""
    places = [(each.document_id, each.page_number, each.start, each.end) for each in prompted]
    if places:
        with connection.cursor() as cursor:
            cursor.execute(NUMBER_PASSAGES, [*map(list, zip(*places, strict=True)), answer.pk])


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
