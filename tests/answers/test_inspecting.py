"""The retrieval inspector: what was found in each leg, what it cost, and what its reader may not see any more."""

import pytest

from answers.answering import AnsweringOptions, ask
from answers.inspecting import LEGS, Inspection, Place, Stage, inspection_of
from answers.models import Answer, AnswerStatus, Conversation
from answers.refusal import THRESHOLD
from documents.managing import delete_document, index_again
from documents.models import Chunk, Collection, Page, Readers
from documents.scoping import scope_for
from tests.library import index_text, make_collection, make_user

CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."
DOGS = "Dogs bark at night. A dog sleeps for twelve hours a day."
HOW_LONG = "How many hours does a cat sleep?"
QUOTING = AnsweringOptions(writer=None, prompt_tokens=6000)


@pytest.fixture
def alice(db):
    return make_user("alice")


@pytest.fixture
def cats(db):
    return index_text(make_collection("cats"), "cats.txt", CATS)


@pytest.fixture
def dogs(db):
    return index_text(make_collection("dogs"), "dogs.txt", DOGS)


def answered(person, question: str = HOW_LONG) -> Answer:
    return ask(question, Conversation.objects.create(owner=person), scope_for(person, None, None), QUOTING)


def shown(inspection: Inspection) -> list[str]:
    return [passage.row.document_name for passage in inspection.passages]


def test_every_passage_has_its_rank_and_score_in_every_leg(alice, cats, dogs):
    answer = answered(alice)

    inspection = inspection_of(answer, alice)

    first, second = inspection.passages
    row = answer.passages.get(fused_rank=1)
    assert first.places == (
        Place(LEGS[0], row.semantic_rank, row.semantic_score),
        Place(LEGS[1], row.lexical_rank, row.lexical_score),
        Place(LEGS[2], 1, row.fused_score),
        Place(LEGS[3], 1, row.rerank_score),
    )
    assert (first.rank, second.rank) == (1, 2)
    assert (first.row.document, first.text, first.excerpt, first.location) == (cats, CATS, CATS, "page 1")
    assert first.url == f"/documents/{cats.pk}/pages/1?start=0&end={len(CATS)}#quote"


def test_passages_that_a_citation_quotes_are_named_by_its_number(alice, cats, dogs):
    inspection = inspection_of(answered(alice, "When do cats purr?"), alice)

    assert [(passage.row.document, passage.cited) for passage in inspection.passages] == [(cats, (1,)), (dogs, ())]


def test_stages_are_named_in_words_in_the_order_they_ran_and_unknown_ones_too(alice, cats):
    answer = answered(alice)
    answer.timings_ms = {"rerank": 3.0, "fuse": 1.5, "total": 20.1, "warm_up": 4.0, "embed_question": 12.5}

    inspection = inspection_of(answer, alice)

    assert inspection.stages == (
        Stage("Embed the question", 12.5),
        Stage("Fuse", 1.5),
        Stage("Rerank", 3.0),
        Stage("Warm up", 4.0),
    )
    assert inspection.total_ms == 20.1


@pytest.mark.parametrize(("confidence", "thin"), [(None, False), (THRESHOLD - 0.01, True), (THRESHOLD, False)])
def test_the_confidence_is_held_against_the_threshold(alice, cats, confidence: float | None, thin: bool):
    answer = answered(alice)
    answer.confidence = confidence

    inspection = inspection_of(answer, alice)

    assert (inspection.threshold, inspection.too_thin) == (THRESHOLD, thin)


def test_what_was_searched_is_named(alice, cats, dogs):
    inspection = inspection_of(answered(alice), alice)

    assert (inspection.collections, inspection.collections_closed) == (("Cats", "Documents", "Dogs"), 0)


def test_passages_of_a_collection_that_was_closed_are_counted_and_keep_the_others_ranks(alice, cats, dogs):
    answer = answered(alice)
    Collection.objects.filter(slug="cats").update(readers=Readers.MEMBERS)

    inspection = inspection_of(answer, alice)

    assert [(passage.rank, passage.text) for passage in inspection.passages] == [(2, DOGS)]
    assert (inspection.not_shown, inspection.collections, inspection.collections_closed) == (
        1,
        ("Documents", "Dogs"),
        1,
    )


@pytest.mark.django_db(transaction=True)  # rows of the deleting transaction are checked in an order that varies
def test_passages_of_a_deleted_document_are_only_counted(alice, cats, dogs):
    answer = answered(alice)
    delete_document(cats)

    inspection = inspection_of(answer, alice)

    assert (shown(inspection), inspection.not_shown) == (["dogs.txt"], 1)


def test_a_passage_whose_chunk_was_replaced_keeps_its_place_without_text(alice, cats):
    answer = answered(alice)
    index_again(cats)
    Page.objects.update(text="Something else.")
    Chunk.objects.all().delete()

    [passage] = inspection_of(answer, alice).passages

    assert (passage.rank, passage.text, passage.excerpt) == (1, "", "")


def test_an_answer_that_failed_before_its_search_has_nothing_to_show(alice, cats):
    conversation = Conversation.objects.create(owner=alice)
    answer = Answer.objects.create(conversation=conversation, question="Why?", status=AnswerStatus.FAILED)

    inspection = inspection_of(answer, alice)

    assert (inspection.passages, inspection.not_shown, inspection.stages, inspection.total_ms) == ((), 0, (), 0.0)
    assert (inspection.collections, inspection.prompted) == ((), False)


def test_looking_takes_a_few_queries_however_many_passages_there_are(alice, cats, dogs, django_assert_num_queries):
    answer = answered(alice)

    with django_assert_num_queries(6):
        inspection_of(answer, alice)
