"""First questions that come from the documents themselves, from those this person may read, and that are answered."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from answers.answering import ask
from answers.budget import Spender
from answers.conversations import find_or_start
from answers.models import Answer, Mode
from answers.options import options_from_settings
from answers.suggestions import CHECKS_A_VIEW, SUGGESTIONS, candidates_for, suggested_questions
from documents.adding_samples import QUESTIONS, sample_files
from documents.managing import delete_document, quarantine
from documents.models import EmbeddingIndex
from documents.scoping import scope_for
from tests.library import default_collection, index_file, index_text, make_collection, make_user

GUIDE = """# Guide to the allotment

## Watering the tomatoes

Tomatoes are watered in the morning, two litres a plant, and never over their leaves.

## Pruning

Old wood is cut in February.

## 3.1 Storing the potatoes

Potatoes are stored in the dark at eight degrees, away from apples.

## HOW IT ALL BEGAN

In 1921.
"""
WATERING, STORING = "What does “Watering the tomatoes” say?", "What does “Storing the potatoes” say?"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


@pytest.fixture
def alice(db):
    return make_user("alice")


def suggested(actor, *, written: bool = False) -> list[str]:
    return suggested_questions(actor, scope_for(actor, None, None), written=written)


def asked(actor, question: str) -> Answer:
    conversation = find_or_start(actor, "", None, question)
    return ask(question, conversation, scope_for(actor, None, None), options_from_settings(Spender(actor.pk, None)))


def test_headings_become_questions_and_those_are_answered(alice):
    guide = index_text(default_collection(), "allotment.md", GUIDE)

    assert suggested(alice) == [WATERING]
    answer = asked(alice, WATERING)
    assert answer.mode == Mode.EXTRACTED
    assert answer.citations.get(number=1).document_id == guide.pk


def test_headings_of_one_word_in_capitals_or_of_numbers_are_left_out(alice):
    index_text(default_collection(), "allotment.md", GUIDE)

    made_of = {candidate.made_of for candidate in candidates_for(alice)}

    assert made_of == {"Guide to the allotment", "Watering the tomatoes", "Storing the potatoes"}


def test_a_heading_that_asks_something_is_asked_as_it_stands(alice):
    index_text(default_collection(), "faq.md", "# Where is the key kept?\n\nThe key is kept behind the shed.\n")

    assert suggested(alice) == ["Where is the key kept?"]


def test_quotation_marks_in_a_heading_leave_the_question_whole(alice):
    index_text(default_collection(), "a.md", "# The “wet” greenhouse season\n\nThe greenhouse season is wet in May.\n")

    assert [candidate.question for candidate in candidates_for(alice)] == ["What does “The wet greenhouse season” say?"]


def test_a_document_without_headings_is_asked_about_by_its_name(alice):
    index_text(default_collection(), "ferry_timetable.csv", "Harbour,Departure\nNorth,08:15\nSouth,09:40\n")

    assert [candidate.question for candidate in candidates_for(alice)] == ["What does “ferry timetable” say?"]


def test_nothing_is_suggested_of_a_collection_closed_to_this_person(alice):
    closed = make_collection("closed", readers="members")
    closed.members.add(alice)
    index_text(closed, "allotment.md", GUIDE)

    assert WATERING in suggested(alice)
    assert suggested(make_user("charlie")) == []
    assert suggested(AnonymousUser()) == []


def test_nothing_is_suggested_of_documents_deleted_or_in_quarantine(alice):
    shelf = default_collection()
    gone, held = index_text(shelf, "allotment.md", GUIDE), index_text(shelf, "b.md", "# Two red bicycles\n\nThey rust.")
    assert suggested(alice)

    delete_document(gone)
    quarantine(held, "wrong")

    assert suggested(alice) == []


def test_what_would_be_refused_is_not_suggested(alice):
    index_text(default_collection(), "allotment.md", GUIDE)

    assert STORING in [candidate.question for candidate in candidates_for(alice)]
    assert STORING not in suggested(alice)
    assert asked(alice, STORING).mode == Mode.REFUSED


def test_one_query_finds_what_might_be_suggested(alice, django_assert_num_queries):
    for number in range(5):
        index_text(default_collection(), f"allotment-{number}.md", GUIDE.replace("1921", str(1921 + number)))

    with django_assert_num_queries(1):
        candidates_for(alice)


def test_a_page_looks_for_a_few_and_remembers_them(alice, django_assert_max_num_queries):
    for number in range(4):
        text = "".join(
            f"## Repairing bridge {number}{step} safely\n\nBridge {number}{step} is safe.\n\n" for step in range(3)
        )
        index_text(default_collection(), f"bridges-{number}.md", text)
    scope = scope_for(alice, None, None)

    seen = [len(suggested_questions(alice, scope, written=False)) for _ in range(3)]

    assert seen[0] <= CHECKS_A_VIEW and max(seen) <= SUGGESTIONS
    with django_assert_max_num_queries(2):
        suggested_questions(alice, scope, written=False)


def test_one_long_document_does_not_suggest_everything(alice):
    shelf = default_collection()
    index_text(shelf, "ferry.md", "# Boarding the evening ferry\n\nBoarding the evening ferry begins at seven.\n")
    index_text(shelf, "allotment.md", GUIDE)

    assert "What does “Boarding the evening ferry” say?" in suggested(alice)


def test_with_a_hosted_embedding_nothing_is_searched_for_beforehand(alice):
    index_text(default_collection(), "allotment.md", GUIDE)
    EmbeddingIndex.objects.update(model="hosted-embedding")

    assert suggested(alice, written=False) == []
    assert WATERING in suggested(alice, written=True)


def test_the_samples_questions_are_suggested_and_each_is_answered_from_its_document(alice):
    by_name = {
        path.name: index_file(default_collection(), path.name, path.read_bytes(), alice) for path in sample_files()
    }
    everything = {question for questions in QUESTIONS.values() for question in questions}

    assert len(suggested(alice)) == SUGGESTIONS
    assert set(suggested(alice)) <= everything
    for name, questions in QUESTIONS.items():
        for question in questions:
            answer = asked(alice, question)
            assert answer.mode == Mode.EXTRACTED, question
            assert answer.citations.get(number=1).document_id == by_name[name].pk, question
            assert (answer.confidence or 0.0) > 0.75, question
