import pytest

from answers.sub_questions import MAX_PARTS, split_question


def test_two_claims_joined_by_while_are_two_parts():
    question = (
        "Does the Sporting News article claim that the Bears sacked Joshua Dobbs, "
        "while the Yardbarker article discusses the ranking of the Ravens defense?"
    )

    assert split_question(question) == (
        "Does the Sporting News article claim",
        "that the Bears sacked Joshua Dobbs",
        "while the Yardbarker article discusses the ranking of the Ravens defense?",
    )


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?",
        "When was the Eiffel Tower built?",
        "Who wrote the opera, and when?",
        "What is the capital of France and Germany?",
        "a, b, c, d, e, f",
    ],
)
def test_a_question_for_one_thing_has_no_parts(question):
    assert split_question(question) == ()


def test_a_short_rest_stays_with_the_part_before_it():
    question = "Which treaty ended the Thirty Years War in Europe, and which German cities signed this peace, in 1648?"

    assert split_question(question) == (
        "Which treaty ended the Thirty Years War in Europe",
        "and which German cities signed this peace, in 1648?",
    )


def test_chinese_marks_part_a_question_too():
    question = "法国最大的城市的人口是多少，德国最大的城市的面积是多少？"

    assert split_question(question) == ("法国最大的城市的人口是多少", "，德国最大的城市的面积是多少？")


def test_a_text_instead_of_a_question_has_a_limited_number_of_parts():
    text = "The big brown fox jumped over lazy dogs yesterday evening. " * 50

    assert len(split_question(text)) == MAX_PARTS
