"""Judging one answer against what is expected of it, and a run's figures."""

import pytest

from answers.evaluation.golden import (
    Expected,
    Outcome,
    Seen,
    SeenPassage,
    Verdict,
    figures,
    flaw,
    holds_words,
    is_named,
    judge,
)

PAGE = "Leave. Every employee is entitled to 28 days of paid annual leave per year. Laptops last three years."
QUOTE = "28 days of paid annual leave"


def passage(document: str = "handbook.pdf", start: int = 0, end: int = len(PAGE), text: str = PAGE) -> SeenPassage:
    return SeenPassage(document, text, start, end)


def seen(*passages: SeenPassage, answer: str = "28 days [1].", refused: bool = False, failed: bool = False) -> Seen:
    return Seen(answer, refused, failed, passages)


def test_all_that_is_expected_must_hold():
    expected = Expected("handbook.pdf", QUOTE, "28 days")

    verdict = judge(expected, seen(passage("other.pdf", text="Nothing."), passage()), depth=8)

    assert verdict == Verdict(True, True, 2, True, 2, True)


def test_what_is_not_expected_is_not_judged():
    assert judge(Expected(text="28 days"), seen(), depth=8) == Verdict(True, None, None, None, None, True)


def test_a_passage_below_the_depth_was_not_read_but_its_rank_is_told():
    other = passage("other.pdf", text="Nothing.")

    verdict = judge(Expected(document="handbook.pdf"), seen(other, other, passage()), depth=2)

    assert verdict == Verdict(False, False, 3, None, None, None)


def test_the_quote_must_stand_in_the_expected_document():
    verdict = judge(Expected("handbook.pdf", QUOTE), seen(passage("copy.pdf"), passage(start=0, end=6)), depth=8)

    assert verdict == Verdict(False, True, 2, False, None, None)


@pytest.mark.parametrize(("end", "found"), [(PAGE.index(QUOTE) + 15, True), (PAGE.index(QUOTE) + 10, False)])
def test_half_of_the_quote_in_a_passage_is_enough(end: int, found: bool):
    verdict = judge(Expected(quote=QUOTE), seen(passage(end=end)), depth=8)

    assert verdict.quote_found is found


def test_an_answer_where_a_refusal_is_expected_fails():
    expected = Expected(answerable=False)

    assert judge(expected, seen(refused=True), depth=8).passed
    assert not judge(expected, seen(), depth=8).passed


def test_a_refusal_and_an_unfinished_answer_fail_though_the_right_passage_was_found():
    expected = Expected(document="handbook.pdf")

    assert not judge(expected, seen(passage(), refused=True), depth=8).passed
    assert not judge(expected, seen(passage(), failed=True), depth=8).passed


def test_one_of_several_wordings_is_enough():
    assert judge(Expected(text="twenty-eight days\n28 days"), seen(), depth=8).text_found
    assert not judge(Expected(text="30 days\n31 days"), seen(), depth=8).text_found


def test_marks_and_bold_do_not_hide_the_words():
    assert judge(
        Expected(text="28 days of leave"), seen(answer="It is **28 days**[1] of leave [2]."), depth=8
    ).text_found


@pytest.mark.parametrize(
    ("text", "words", "held"),
    [
        ("It is 330 METRES\n tall.", "330 metres tall", True),
        ("the “Paid” leave, in days", "paid leave", False),
        ('The "paid" leave', "the paid leave", True),
        ("埃菲尔铁塔高\n330 米", "铁塔高330米", True),
        ("some one", "someone", False),
        ("Urlaub: 28 Tage", "28 Tage", True),
    ],
)
def test_words_are_compared_without_case_spaces_and_punctuation(text: str, words: str, held: bool):
    assert holds_words(text, words) is held


def test_a_document_is_named_with_its_ending_or_without():
    names = ["Handbook.PDF", "handbook", "handbook.md", "hand"]

    assert [is_named("handbook.pdf", name) for name in names] == [True, True, False, False]


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        (Expected(document="a.pdf"), ""),
        (Expected(answerable=False), ""),
        (
            Expected(),
            "Say what is expected: a document, a quote or words of the answer. Or say that it should be refused.",
        ),
        (
            Expected(text="28", answerable=False),
            "A question that should be refused expects no document, quote or words.",
        ),
    ],
)
def test_an_expectation_that_contradicts_itself_is_told(expected: Expected, sentence: str):
    assert flaw(expected) == sentence


def test_each_figure_is_a_share_of_the_questions_that_call_for_it():
    outcomes = [
        Outcome(True, True, True, True, None, refused=False, latency_ms=10.0),
        Outcome(True, False, True, False, None, refused=False, latency_ms=30.0),
        Outcome(True, False, False, None, None, refused=True, latency_ms=20.0),
        Outcome(False, True, None, None, None, refused=True, latency_ms=5.0),
    ]

    assert figures(outcomes) == {
        "passed": 0.5,
        "document": 0.6667,
        "quote": 0.5,
        "answered": 0.6667,
        "refused": 1.0,
        "median_ms": 10.0,
    }
