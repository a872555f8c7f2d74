"""Rows whose every text is hostile, made directly: what any door might have let in. Indexes nothing."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.utils.timezone import now

from answers.evaluation.models import GoldenQuestion
from answers.models import Answer, Citation, Conversation, Feedback, RetrievedPassage
from documents.models import Collection, Document, Page, Status
from documents.uploading import clean_name


def make_documents(names: Sequence[str], shelf: Collection) -> list[Document]:
    """Documents under these names, as an upload would have kept them; what they say of themselves is their name."""
    return Document.objects.bulk_create(
        Document(
            collection=shelf,
            name=clean_name(name),
            about=name,
            media_type="text/plain",
            size_bytes=1,
            sha256=hashlib.sha256(f"{number} {name}".encode()).hexdigest(),
            status=Status.READY,
            ready_at=now(),
            pages_total=1,
            chunks_total=1,
        )
        for number, name in enumerate(names)
    )


def make_failed(reasons: Sequence[str], shelf: Collection) -> None:
    documents = make_documents(reasons, shelf)
    for document in documents:
        document.status, document.error, document.error_code = Status.FAILED, document.about, "corrupt"
    Document.objects.bulk_update(documents, ["status", "error", "error_code"])


def make_pages(document: Document, texts: Sequence[str]) -> None:
    """A page of each text, whose first line is a heading and whose label is the text."""
    rows = (
        Page(document=document, number=number, label=text[:255], text=text, headings=[[0, 1, text[:40]]])
        for number, text in enumerate(texts, start=1)
    )
    Page.objects.bulk_create(rows)
    Document.objects.filter(pk=document.pk).update(pages_total=len(texts))


def make_answers(texts: Sequence[str], owner: Any, document: Document) -> Conversation:
    """A conversation in which these texts are question, answer, notice, model, quote, document and place."""
    conversation = Conversation.objects.create(owner=owner, title=texts[0][:200])
    answers = Answer.objects.bulk_create(
        Answer(
            conversation=conversation,
            question=text,
            searched_for=f"{text} {text}",
            text=f"{text}\n\nCats purr [1].",
            mode="generated",
            status="done",
            notice=text,
            model=text[:200],
            embedding_model=text[:200],
            timings_ms={text[:50]: 1.0, "total": 2.0},
        )
        for text in texts
    )
    place = {"document": document, "page_number": 1, "start": 0}
    Citation.objects.bulk_create(
        Citation(
            answer=answer, number=1, quote=text, document_name=text[:255], page_label=text[:255],
            end=len(text), passage_start=0, passage_end=len(text), **place,
        )
        for answer, text in zip(answers, texts, strict=True)
    )  # fmt: skip
    RetrievedPassage.objects.bulk_create(
        RetrievedPassage(
            answer=answers[0], document_name=text[:255], page_label=text[:255], heading_path=[text],
            fused_rank=rank, fused_score=1.0, end=len(text), **place,
        )
        for rank, text in enumerate(texts, start=1)
    )  # fmt: skip
    Feedback.objects.create(answer=answers[0], helpful=False, comment="\n".join(texts))
    return conversation


def make_golden_questions(texts: Sequence[str], shelf: Collection, owner: Any) -> None:
    GoldenQuestion.objects.bulk_create(
        GoldenQuestion(
            question=text, collection=shelf, expected_document=text[:255], expected_quote=text, expected_text=text,
            note=text, created_by=owner,
        )
        for text in texts
    )  # fmt: skip
