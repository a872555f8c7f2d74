"""What tests about golden questions start from: a small library, and questions it answers or should refuse."""

from typing import Any
from uuid import uuid4

from answers.answering import AnsweringOptions
from answers.evaluation.models import EvaluationRun, GoldenQuestion, GoldenResult
from documents.models import Collection
from tests.library import index_text

WORKER = uuid4()  # whoever runs something in a test
QUOTING = AnsweringOptions(writer=None, prompt_tokens=6000)
TOWER = "The Eiffel Tower is a lattice tower in Paris, France. It is 330 metres tall. It was built from 1887 to 1889."
HOW_TALL = "How tall is the Eiffel Tower?"
OFF_TOPIC = "What is the boiling point of liquid helium on Jupiter's moon?"


def make_library(collection: Collection) -> Collection:
    index_text(collection, "tower.txt", TOWER)
    index_text(
        collection, "cats.txt", "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."
    )
    return collection


def make_golden(collection: Collection | None, question: str = HOW_TALL, **fields: Any) -> GoldenQuestion:
    """Expects tower.txt unless told otherwise."""
    expected = fields or {"expected_document": "tower.txt"}
    return GoldenQuestion.objects.create(question=question, collection=collection, **expected)


def make_refusal(collection: Collection, question: str = OFF_TOPIC) -> GoldenQuestion:
    return make_golden(collection, question, answerable=False)


def make_run(*goldens: GoldenQuestion, **fields: Any) -> EvaluationRun:
    ids = [golden.pk for golden in goldens]
    return EvaluationRun.objects.create(**{"question_ids": ids, "total": len(ids), "whole": True, **fields})


def make_result(run: EvaluationRun, golden: GoldenQuestion, *, passed: bool, **fields: Any) -> GoldenResult:
    return GoldenResult.objects.create(
        run=run,
        golden=golden,
        collection=golden.collection,
        question=golden.question,
        **{"answerable": golden.answerable, "passed": passed, "refused": False, "latency_ms": 20.0, **fields},
    )
