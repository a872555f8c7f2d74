import pytest

from answers.follow_ups import carry_terms, needs_context


@pytest.mark.parametrize(
    "question",
    [
        "and in 2021?",
        "What about Germany?",
        "Why?",
        "How many?",
        "Who wrote it?",
        "How do they compare?",
        "Was ist mit 2020?",
        "Wer hat ihn erfunden?",
        "Et en 2019 ?",
        "¿Y cuándo nació ella?",
        "А в 2020?",
        "它是什么时候建的?",
    ],
)
def test_a_question_that_leans_on_the_one_before_is_recognised(question):
    assert needs_context(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is photosynthesis?",
        "What was the revenue of 3M in 2018?",
        "When did Marie Curie get her first prize?",
        "Wie hoch ist der Eiffelturm?",
        "What does this document say about parental leave?",
        "埃菲尔铁塔是什么时候建的?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question):
    assert not needs_context(question)


def test_the_words_that_a_follow_up_lacks_are_carried():
    assert carry_terms("Who designed it?", "When was the Eiffel Tower built?") == "Who designed it? Eiffel Tower built"


def test_words_that_the_follow_up_has_are_not_carried_twice():
    assert carry_terms("And the towers of Paris?", "Is the Eiffel Tower in Paris?") == "And the towers of Paris? Eiffel"


def test_a_figure_of_its_own_replaces_the_figures_before():
    assert carry_terms("and in 2021?", "What was the revenue of 3M in FY2018?") == "and in 2021? revenue 3M"


def test_a_script_without_spaces_is_carried_whole():
    assert carry_terms("它是谁建的?", "埃菲尔铁塔在哪里?") == "它是谁建的? 埃菲尔铁塔在哪里"
