"""What was found and shown becomes rows."""

from dataclasses import replace

import pytest

from answers.answering import begin_answer
from answers.models import Answer, Conversation
from answers.passages import LegScore, Passage
from answers.storing import number_passages, store_passages
from documents.models import Chunk, Readers
from documents.scoping import scope_for
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer() -> Answer:
    alice = make_user()
    make_collection(readers=Readers.PUBLIC)
    return begin_answer(
        "How tall is it?", Conversation.objects.create(owner=alice), scope_for(alice, ["reports"], None)
    )


@pytest.fixture
def found(answer: Answer) -> Passage:
    index_text(answer.collections.get(), "tower.txt", "The tower is 330 metres tall.")
    chunk = Chunk.objects.get()
    return Passage(
        chunk_id=chunk.pk,
        document_id=chunk.document_id,
        document_name="tower.txt",
        collection_id=chunk.collection_id,
        page_number=7,
        page_label="vii",
        start=100,
        end=200,
        text=chunk.text,
        heading_path=("Heights", 'of "towers", {or} \\'),
        semantic=LegScore(2, 0.5),
        lexical=LegScore(None, 1.25),
        fused_score=0.75,
        fused_rank=1,
        rerank=LegScore(3, -0.125),
    )


def test_a_passage_is_stored_as_it_was_found(answer, found):
    store_passages(answer, [found, replace(found, fused_rank=2, heading_path=(), rerank=LegScore())])

    first, second = answer.passages.order_by("fused_rank").values()
    assert first == {
        "id": first["id"],
        "answer_id": answer.pk,
        "chunk_id": found.chunk_id,
        "document_id": found.document_id,
        "document_name": "tower.txt",
        "page_number": 7,
        "page_label": "vii",
        "start": 100,
        "end": 200,
        "heading_path": ["Heights", 'of "towers", {or} \\'],
        "semantic_rank": 2,
        "semantic_score": 0.5,
        "lexical_rank": None,
        "lexical_score": 1.25,
        "fused_rank": 1,
        "fused_score": 0.75,
        "rerank_rank": 3,
        "rerank_score": -0.125,
        "number": None,
    }
    assert (second["heading_path"], second["rerank_rank"], second["rerank_score"]) == ([], None, None)


def test_passages_are_numbered_by_the_span_that_the_model_was_shown(answer, found, django_assert_num_queries):
    spans = [(1, 0, 50), (2, 50, 90), (3, 90, 120), (4, 300, 400)]
    rows = [replace(found, fused_rank=rank, start=start, end=end) for rank, start, end in spans]
    store_passages(answer, [*rows, replace(rows[0], fused_rank=5, page_number=8)])
    merged = replace(rows[0], end=90)

    with django_assert_num_queries(1):
        number_passages(answer, [rows[3], merged])

    numbered = dict(answer.passages.values_list("fused_rank", "number"))
    assert numbered == {1: 2, 2: 2, 3: None, 4: 1, 5: None}


def test_no_passage_shown_numbers_none(answer, found):
    store_passages(answer, [found])

    number_passages(answer, [])

    assert answer.passages.get().number is None
