"""Questions through the real read path: which legs are judged, and that nothing of them stays."""

from io import StringIO

import pytest

from answers.evaluation.questions import EvaluationSet, JudgedBy, Question
from answers.evaluation.running import LEGS, latencies, nobodys_conversation, run, scope_of
from answers.models import Answer, Citation, Conversation, RetrievedPassage
from tests.answers.evaluation.samples import CATS, DOGS, OWLS
from tests.library import index_text, make_collection

QUESTIONS = (
    Question("1", "When do cats purr?", answers=("content",)),
    Question("2", "Who barks at strangers?", answers=("never said",)),
    Question("3", "Which treaty ended the Thirty Years' War?", answerable=False),
)
ASKED = EvaluationSet("animals", JudgedBy.CHUNK, QUESTIONS)


@pytest.fixture
def scope(db):
    reports = make_collection()
    for name, text in [("cats.txt", CATS), ("dogs.txt", DOGS), ("owls.txt", OWLS)]:
        index_text(reports, name, text)
    index_text(make_collection("other"), "other.txt", "Cats purr when they are content, says another collection.")
    return scope_of(reports.pk)


def test_each_leg_is_judged_and_an_unanswerable_question_only_refused_or_not(scope):
    found = run(ASKED, scope, LEGS, StringIO())

    evidence = {f"evidence@{k}" for k in (1, 5, 10)} | {"MRR@10"}
    judged = {"answered", "refused", "AUROC", "refused@90"}
    quoted = {"answered", "refused", "failed", "contains@1", "contains@3", "exact", "supported"}
    assert set(found.legs) - {"reranked"} == {"lexical", "semantic", "fused", "answers"}
    assert set(found.legs["lexical"]) == set(found.legs["semantic"]) == evidence | {"AUROC", "refused@90"}
    assert set(found.legs["fused"]) == evidence | judged
    assert set(found.legs["answers"]) == quoted
    assert set(found.latency_ms) == {"retrieval", "answers"}
    assert found.answered_questions == 3


def test_the_figures_are_those_of_the_collection_alone(scope):
    found = run(ASKED, scope, LEGS, StringIO())

    # One of two answers stands in the documents, and first: the other collection's is not looked at.
    assert {leg: found.legs[leg]["evidence@1"] for leg in ("lexical", "fused")} == {"lexical": 0.5, "fused": 0.5}
    answered = found.legs["answers"]
    assert (answered["contains@1"], answered["exact"], answered["supported"], answered["failed"]) == (
        0.5,
        1.0,
        1.0,
        0.0,
    )


@pytest.mark.parametrize(
    ("legs", "ran", "parts", "answered"),
    [
        (["lexical", "fused"], ["lexical", "fused"], ["retrieval"], 0),
        (["answers"], ["answers"], ["answers"], 3),
    ],
)
def test_only_the_legs_asked_for_run(scope, legs, ran, parts, answered):
    found = run(ASKED, scope, legs, StringIO())

    assert (list(found.legs), list(found.latency_ms), found.answered_questions) == (ran, parts, answered)


def test_nothing_of_the_questions_stays(scope):
    run(ASKED, scope, LEGS, StringIO())

    assert [model.objects.count() for model in (Conversation, Answer, Citation, RetrievedPassage)] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_nothing_of_the_questions_stays_where_the_work_breaks_off():
    with pytest.raises(KeyboardInterrupt), nobodys_conversation() as conversation:
        Answer.objects.create(conversation=conversation, question="Who purrs?")
        raise KeyboardInterrupt

    assert (Conversation.objects.count(), Answer.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_where_nothing_is_indexed_nothing_is_found_and_everything_refused():
    found = run(ASKED, scope_of(make_collection().pk), LEGS, StringIO())

    assert found.legs == {
        "answers": {"answered": 0.0, "failed": 0.0, "contains@1": 0.0, "contains@3": 0.0, "refused": 1.0}
    }


def test_latencies_are_taken_over_the_questions_that_had_a_stage():
    timings = [{"fuse": float(n), **({"extract": 5.0} if n == 7 else {})} for n in range(1, 21)]

    assert latencies(timings) == {"fuse": {"p50": 10.0, "p95": 19.0}, "extract": {"p50": 5.0, "p95": 5.0}}
    assert latencies([]) == {}
