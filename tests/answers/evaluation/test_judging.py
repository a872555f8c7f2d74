"""What counts as found, and what as answered."""

import pytest

from answers.evaluation.judging import Hit, judge_hits, judge_quotes
from answers.evaluation.questions import JudgedBy, Question

CAT_PURRS = Hit(1, "cats", 1, "The cat purrs.")
CAT_SLEEPS = Hit(2, "cats", 2, "A cat sleeps.")
DOG_PURRS = Hit(3, "dogs", 1, "No dog purrs.")
NONE_AT = {"evidence@1": 0.0, "evidence@5": 0.0, "evidence@10": 0.0}


def test_evidence_is_a_chunk_of_the_right_document_that_holds_an_answer():
    question = Question("1", "Who?", answers=("purrs",), language="en", documents=frozenset({"cats"}))

    assert judge_hits(question, [DOG_PURRS, CAT_SLEEPS, CAT_PURRS], JudgedBy.CHUNK) == {
        "MRR@10": 1 / 3,
        "evidence@1": 0.0,
        "evidence@5": 1.0,
        "evidence@10": 1.0,
        "document@1": 0.0,
        "document@10": 1.0,
    }


@pytest.mark.parametrize(
    ("question", "evidence"),
    [
        (Question("1", "Who?", answers=("purrs",)), 1.0),  # the document is not known
        (Question("1", "Who?", documents=frozenset({"dogs"})), 1.0),  # the answer is not known
        (Question("1", "Who?", answers=("sleeps",), documents=frozenset({"dogs"})), 0.0),
    ],
)
def test_what_is_not_known_is_not_asked_for(question: Question, evidence: float):
    assert judge_hits(question, [DOG_PURRS, CAT_SLEEPS], JudgedBy.CHUNK)["evidence@1"] == evidence


def test_evidence_is_looked_for_among_the_first_ten():
    question = Question("1", "Who?", answers=("purrs",))
    hits = [Hit(number, "cats", 1, "Nothing.") for number in range(10, 20)] + [CAT_PURRS]

    assert judge_hits(question, hits, JudgedBy.CHUNK) == {"MRR@10": 0.0, **NONE_AT}


def test_documents_are_ranked_by_their_best_chunk():
    question = Question("1", "Who?", relevant=frozenset({"dogs", "owls"}))

    # Ranks: cats 1, dogs 2; owls not found. nDCG: (1/log2 3) / (1 + 1/log2 3)
    assert judge_hits(question, [CAT_PURRS, CAT_SLEEPS, DOG_PURRS], JudgedBy.DOCUMENT) == pytest.approx(
        {
            "R@1": 0.0,
            "R@4": 0.5,
            "R@5": 0.5,
            "R@10": 0.5,
            "R@100": 0.5,
            "nDCG@10": 0.3868528,
            "MAP@10": 0.25,
            "all@10": 0.0,
            "MRR@10": 0.5,
        }
    )


def test_passages_with_answers_are_judged_on_evidence_too():
    question = Question(
        "1", "Who?", answers=("purrs",), relevant=frozenset({"cats"}), documents=frozenset({"cats", "dogs"})
    )

    figures = judge_hits(question, [DOG_PURRS, CAT_PURRS], JudgedBy.DOCUMENT)

    assert (figures["R@1"], figures["MRR@10"], figures["evidence@1"], figures["document@1"]) == (0.0, 0.5, 1.0, 1.0)


def test_pages_are_told_apart_by_document_and_number():
    question = Question("1", "Who?", relevant=frozenset({("cats", 2)}), documents=frozenset({"cats"}))

    assert judge_hits(question, [DOG_PURRS, CAT_PURRS, CAT_SLEEPS], JudgedBy.PAGE) == {
        "page@1": 0.0,
        "page@5": 1.0,
        "page@10": 1.0,
        "MRR@10": 1 / 3,
        "document@1": 0.0,
        "document@10": 1.0,
    }


def test_nothing_found_counts_as_nothing():
    question = Question("1", "Who?", answers=("purrs",))

    assert judge_hits(question, [], JudgedBy.CHUNK) == {"MRR@10": 0.0, **NONE_AT}


@pytest.mark.parametrize(
    ("quotes", "first", "any_of_them"),
    [(["Cats purr."], 1.0, 1.0), (["Dogs bark.", "Cats purr."], 0.0, 1.0), (["Dogs bark."], 0.0, 0.0), ([], 0.0, 0.0)],
)
def test_quotes_hold_an_answer(quotes, first, any_of_them):
    question = Question("1", "Who?", answers=("cats", "felines"))

    assert judge_quotes(question, quotes) == {"contains@1": first, "contains@3": any_of_them}


def test_quotes_are_not_judged_where_no_answer_is_known():
    assert judge_quotes(Question("1", "Who?", documents=frozenset({"cats"})), ["Cats purr."]) == {}
