"""What the database itself sees to: expectations that make sense, and rows that go or stay with what they point at."""

import pytest
from django.db import IntegrityError, transaction

from answers.evaluation.models import GoldenQuestion, GoldenResult, RunState
from answers.models import Answer, Conversation
from tests.answers.evaluation.golden_samples import HOW_TALL, make_golden, make_result, make_run
from tests.library import make_collection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"answerable": True},
        {"answerable": False, "expected_text": "330"},
        {"question": "", "expected_text": "330"},
    ],
)
def test_the_database_refuses_a_question_that_makes_no_sense(fields: dict[str, object]):
    with pytest.raises(IntegrityError), transaction.atomic():
        GoldenQuestion.objects.create(collection=make_collection(), **{"question": HOW_TALL, **fields})


def test_a_question_is_asked_of_a_collection_once_however_long_it_is():
    reports, long = make_collection(), "Why? " * 4000
    make_golden(reports, long)
    make_golden(make_collection("others"), long)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_golden(reports, long)


def test_a_deleted_collection_leaves_its_questions_with_nothing_to_be_asked_of():
    reports = make_collection()
    golden = make_golden(reports)
    result = make_result(make_run(golden), golden, passed=True)

    reports.delete()

    golden.refresh_from_db()
    result.refresh_from_db()
    assert (golden.collection, result.collection, result.golden) == (None, None, golden)
    assert list(GoldenQuestion.objects.askable()) == []


def test_results_keep_the_words_of_a_deleted_question_and_go_with_their_run():
    golden = make_golden(make_collection())
    run = make_run(golden)
    result = make_result(run, golden, passed=True)

    golden.delete()
    result.refresh_from_db()
    assert (result.golden, result.question) == (None, HOW_TALL)

    run.delete()
    assert not GoldenResult.objects.exists()


def test_a_question_outlives_the_answer_it_was_saved_from():
    answer = Answer.objects.create(conversation=Conversation.objects.create(), question=HOW_TALL)
    golden = make_golden(make_collection(), expected_text="330", source_answer=answer)

    answer.conversation.delete()

    golden.refresh_from_db()
    assert golden.source_answer is None


@pytest.mark.parametrize("fields", [{"state": RunState.FAILED}, {"state": RunState.RUNNING}, {"state": RunState.DONE}])
def test_the_database_refuses_a_state_without_what_belongs_to_it(fields: dict[str, object]):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_run(make_golden(make_collection()), **fields)
