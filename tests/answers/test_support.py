import pytest

from answers.support import find_support

TEXT = (
    "The tower was built in 1889. It is 330 metres tall and weighs 10,100 tonnes. "
    "Gustave Eiffel's company designed it. Visitors pay 29.40 euros."
)


def _quote(claim):
    support = find_support(claim, TEXT)
    return TEXT[support.start : support.end], support.supported


def test_the_sentence_that_holds_the_claim_is_found():
    assert _quote("The tower weighs 10100 tonnes") == ("It is 330 metres tall and weighs 10,100 tonnes.", True)


def test_a_claim_from_two_sentences_is_supported_by_both():
    quote = "The tower was built in 1889. It is 330 metres tall and weighs 10,100 tonnes."

    assert _quote("The tower, built in 1889, is 330 metres tall") == (quote, True)


def test_a_wrong_figure_is_not_supported():
    assert _quote("The tower weighs 12,500 tonnes and is tall") == (
        "It is 330 metres tall and weighs 10,100 tonnes.",
        False,
    )


def test_a_claim_about_something_else_is_not_supported():
    assert _quote("Bananas contain much potassium")[1] is False


def test_a_text_that_cannot_be_split_is_its_own_quote():
    support = find_support("revenue 2018", "revenue 2018 32765")

    assert (support.start, support.end, support.score, support.supported) == (0, 18, 1.0, True)


@pytest.mark.parametrize(
    ("claim", "supported"),
    [("Cats purr.", True), ("Cats bark.", False), ("Everything purrs.", False), ("Content!", True)],
)
def test_one_word_in_common_supports_no_claim_of_two(claim: str, supported: bool):
    assert find_support(claim, "Cats purr when they are content.").supported is supported
