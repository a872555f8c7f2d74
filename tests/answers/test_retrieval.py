"""Retrieval over real documents: what each leg says stays visible, and questions with parts find every part."""

import pytest

from answers.retrieval import retrieve
from answers.timing import Stopwatch
from documents.models import Embedding
from documents.scoping import scope_for
from tests.library import index_text, make_collection, make_user

FACTS = {
    "sport": "The Sporting News reports that the Chicago Bears sacked quarterback Joshua Dobbs four times on Monday.",
    "defense": "Yardbarker ranks the Baltimore Ravens defense first in points allowed per game this season.",
    "both": "The Sporting News and Yardbarker report on the defense of football teams each season and game.",
    "cats": "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day.",
    "tower": "The Eiffel Tower in Paris is 330 metres tall. It was built for the World's Fair of 1889.",
}
PARTS = (
    "Does the Sporting News report that the Chicago Bears sacked Joshua Dobbs, "
    "while Yardbarker ranks the Baltimore Ravens defense first in points allowed?"
)


@pytest.fixture
def alice(db):
    collection = make_collection()
    for name, text in FACTS.items():
        index_text(collection, f"{name}.txt", text)
    return make_user()


def found(person, question):
    return retrieve(question, scope_for(person, None, None), Stopwatch())


def names(retrieved) -> list[str]:
    return [passage.document_name.removesuffix(".txt") for passage in retrieved.passages]


def test_a_question_for_one_thing_is_reranked_and_every_place_is_kept(alice):
    retrieved = found(alice, "How tall is the Eiffel Tower?")

    assert names(retrieved)[0] == "tower"
    assert [passage.rerank.rank for passage in retrieved.passages] == list(range(1, len(FACTS) + 1))
    assert sorted(passage.fused_rank for passage in retrieved.passages) == list(range(1, len(FACTS) + 1))
    assert [passage.rank for passage in retrieved.passages] == [passage.rerank.rank for passage in retrieved.passages]
    assert all(0 < passage.rerank.score < 1 for passage in retrieved.passages)


def test_each_part_of_a_question_finds_its_passage(alice):
    retrieved = found(alice, PARTS)

    assert set(names(retrieved)[:2]) == {"sport", "defense"}
    assert {passage.rerank.rank for passage in retrieved.passages} == {None}
    assert [passage.rank for passage in retrieved.passages] == list(range(1, len(retrieved.passages) + 1))


def test_without_tokens_the_fused_order_stands(alice):
    Embedding.objects.update(token_signs=None)

    retrieved = found(alice, "How tall is the Eiffel Tower?")

    assert names(retrieved)[0] == "tower"
    assert {passage.rerank.rank for passage in retrieved.passages} == {None}


def test_more_kept_passages_change_no_score(alice):
    scope = scope_for(alice, None, None)

    few, many = (retrieve("How tall is the tower?", scope, Stopwatch(), keep=keep) for keep in (2, 50))

    assert few.passages == many.passages[:2]
    assert few.confidence == many.confidence


def test_every_stage_is_timed(alice):
    stopwatch = Stopwatch()

    retrieve("How tall is the Eiffel Tower?", scope_for(alice, None, None), stopwatch)

    assert list(stopwatch.timings_ms) == ["embed_question", "lexical", "semantic", "fuse", "rerank"]


def test_another_script_is_searched_by_its_words_alone(alice):
    retrieved = found(alice, "埃菲尔铁塔有多高？")

    assert retrieved.embedding_model == ""
    assert retrieved.semantic is None
    assert {passage.rerank.rank for passage in retrieved.passages} <= {None}


def test_an_empty_scope_finds_nothing(db):
    retrieved = found(make_user(), "How tall is the Eiffel Tower?")

    assert (retrieved.passages, retrieved.confidence) == ((), 0.0)
