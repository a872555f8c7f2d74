"""The figures, worked out by hand."""

import math

import pytest

from answers.evaluation import metrics

RANKING = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "language", "plain"),
    [
        ("  The  Cat's\nTail! ", "en", "cats tail"),
        ("A theatre, an ant", "en", "theatre ant"),
        ("The  Cat's\nTail!", "", "the cat's tail!"),
        ("Die Straße", "de", "die strasse"),
        ("ﬁve ½ Ａ", "", "five 1⁄2 a"),
        ("北京 大学", "zh", "北京大学"),
        ("แมว นอน", "th", "แมวนอน"),
    ],
)
def test_a_text_is_brought_into_the_form_in_which_answers_are_compared(text, language, plain):
    assert metrics.normalise(text, language) == plain


@pytest.mark.parametrize(
    ("text", "answers", "language", "held"),
    [
        ("It costs $2,099.00 a year", ["$2099.00"], "en", True),
        ("It costs $2,099.00 a year", ["$2099.00"], "", False),
        ("Dogs bark", ["cats", "DOGS"], "en", True),
        ("The Who played", ["the"], "en", True),  # an answer of an article alone is compared as it is
        ("Who played", ["the"], "en", False),
        ("Anything", [""], "en", False),
        ("Anything", [], "en", False),
        ("北京 大学", ["京大"], "zh", True),
    ],
)
def test_a_text_holds_an_answer(text, answers, language, held):
    assert metrics.holds(text, answers, language) is held


@pytest.mark.parametrize(
    ("relevant", "k", "recall", "hit", "every"),
    [
        ({"a"}, 1, 1.0, 1.0, 1.0),
        ({"b", "e", "x"}, 2, 1 / 3, 1.0, 0.0),
        ({"b", "e"}, 5, 1.0, 1.0, 1.0),
        ({"x"}, 5, 0.0, 0.0, 0.0),
        (set(), 5, 0.0, 0.0, 0.0),
    ],
)
def test_what_is_relevant_is_counted_among_the_first_k(relevant, k, recall, hit, every):
    assert metrics.recall(RANKING, relevant, k) == pytest.approx(recall)
    assert metrics.hit(RANKING, relevant, k) == hit
    assert metrics.all_found(RANKING, relevant, k) == every


@pytest.mark.parametrize(
    ("relevant", "k", "expected"), [({"a"}, 10, 1.0), ({"c", "d"}, 10, 1 / 3), ({"e"}, 4, 0.0), (set(), 10, 0.0)]
)
def test_the_reciprocal_rank_is_that_of_the_first_relevant_unit(relevant, k, expected):
    assert metrics.reciprocal_rank(RANKING, relevant, k) == pytest.approx(expected)


def test_average_precision_counts_what_was_not_found_as_nothing():
    # Found at ranks 1 and 3, one never: (1/1 + 2/3 + 0) / 3
    assert metrics.average_precision(RANKING, {"a", "c", "x"}) == pytest.approx(5 / 9)
    assert metrics.average_precision(RANKING, {"a", "b", "c"}, k=2) == 1.0
    assert metrics.average_precision(RANKING, set()) == 0.0


def test_gain_is_discounted_by_the_logarithm_of_the_rank():
    # Found at ranks 1 and 3: 1/log2(2) + 1/log2(4) = 1.5; the best is 1 + 1/log2(3)
    assert metrics.ndcg(RANKING, {"a", "c"}) == pytest.approx(1.5 / (1 + 1 / math.log2(3)))
    assert metrics.ndcg(RANKING, {"a", "b"}) == 1.0
    assert metrics.ndcg(RANKING, {"e"}, k=4) == 0.0
    assert metrics.ndcg(RANKING, set()) == 0.0


@pytest.mark.parametrize(
    ("answerable", "others", "expected"),
    [
        ([3, 4], [1, 2], 1.0),
        ([1, 2], [3, 4], 0.0),
        ([1, 3], [2, 2], 0.5),
        ([2, 2], [2], 0.5),  # ties count half
        ([1, 2, 3], [2], 0.5),  # 0 + ½ + 1 of 3
        ([1], [], None),
        ([], [1], None),
    ],
)
def test_auroc_is_how_often_an_answerable_question_scores_above_another(answerable, others, expected):
    assert metrics.auroc(answerable, others) == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        # Of 1 to 10 nine are answered at a threshold of 2, and what scores 2 is answered.
        ([0, 1, 1.9, 2], 0.75),
        ([2, 11], 0.0),
        ([-1], 1.0),
        ([], None),
    ],
)
def test_refusals_are_counted_where_nine_of_ten_answerable_questions_are_answered(others, expected):
    assert metrics.refused_when_answering(range(1, 11), others) == expected


def test_ties_at_the_threshold_are_answered():
    assert metrics.refused_when_answering([5] * 10, [5, 4.9]) == 0.5
    assert metrics.refused_when_answering([5], [4, 6], share=0.5) == 0.5
    assert metrics.refused_when_answering([], [4]) is None


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3, 1, 2], 0.5, 2), ([4, 1, 3, 2], 0.5, 2), (range(1, 21), 0.95, 19), ([7], 0.0, 7), ([7], 1.0, 7), ([], 0.5, 0)],
)
def test_a_percentile_is_a_value_that_occurred(values, share, expected):
    assert metrics.percentile(values, share) == expected


def test_means_are_taken_over_the_rows_that_have_a_figure():
    assert metrics.means([{"b": 1.0, "a": 0.0}, {"a": 1.0}, {}]) == {"b": 1.0, "a": 0.5}
    assert list(metrics.means([{"b": 1.0, "a": 0.0}])) == ["b", "a"]
    assert metrics.means([]) == {}
