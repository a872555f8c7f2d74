import re

import pytest

from answers.extraction import Extracted, ExtractedSentence, compose_extract, extract
from tests.answers.samples import passage

TOWER = passage(
    "The Eiffel Tower stands in Paris. It was built in 1889 by the company of Gustave Eiffel. Its lifts are old.",
    chunk_id=1,
    start=100,
)
BRIDGE = passage("The bridge of Garabit was opened in 1885. Trains still cross it.", chunk_id=2, document_id=2)


def test_the_sentence_that_answers_is_quoted_with_its_offsets():
    sentences = extract("When was the bridge of Garabit opened?", [TOWER, BRIDGE], {}).sentences

    best = sentences[0]
    assert (best.passage, best.start, best.end) == (1, 0, 41)
    assert best.text == "The bridge of Garabit was opened in 1885."


def test_a_sentence_that_opens_with_a_pronoun_brings_the_one_before():
    best = extract("When was it built by Gustave Eiffel's company?", [TOWER], {}).sentences[0]

    assert best.text == "The Eiffel Tower stands in Paris. It was built in 1889 by the company of Gustave Eiffel."
    assert TOWER.text[best.start - 100 : best.end - 100] == best.text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did the company move?", "The company moved in 1999."),
        ("Where did the company move?", "The company moved to Berlin."),
        ("Who led the company?", "The company was led by Ada Lovelace."),
        ("How many people has the company?", "The company has 40 people."),
    ],
)
def test_the_kind_of_thing_asked_for_decides_between_like_sentences(question, answer):
    text = "The company had people. The company moved and was led. " + answer

    assert extract(question, [passage(text)], {}).sentences[0].text == answer


def test_similarity_decides_where_words_do_not():
    text = "Employees may take holidays. The leave for parents lasts months. Nothing else."
    asked: list[str] = []

    def similarity(sentences):
        asked.extend(sentence.text for sentence in sentences)
        return [0.9 if "parents" in sentence.text else 0.1 for sentence in sentences]

    assert extract("maternity of employees", [passage(text)], {}, similarity).sentences[0].text == (
        "The leave for parents lasts months."
    )
    assert asked == ["Employees may take holidays.", "The leave for parents lasts months.", "Nothing else."]


def test_rare_words_weigh_more_than_common_ones():
    text = "The report of the year says the report is a report. Vanadium is named here."

    best = extract("report year vanadium", [passage(text)], {"report": 0.1, "year": 0.1, "vanadium": 8.0}).sentences[0]

    assert best.text == "Vanadium is named here."


@pytest.mark.parametrize("question", ["", "?!", "xylophone zebra"])
def test_nothing_in_common_is_no_answer(question):
    assert extract(question, [TOWER], {}) == Extracted(())


def test_no_passages_is_no_answer():
    assert extract("When was it built?", [], {}) == Extracted(())


def test_at_most_three_sentences_are_quoted_and_none_twice():
    text = " ".join(f"The tower has floor number {n}." for n in range(10))
    sentences = extract("Which floors has the tower?", [passage(text)], {}).sentences

    assert len(sentences) == len({sentence.start for sentence in sentences}) == 3


def test_the_answer_quotes_each_sentence_with_its_mark():
    extracted = Extracted(
        (ExtractedSentence(0, 0, 10, "Cats\npurr.", 1.0), ExtractedSentence(2, 5, 15, "Dogs bark.", 0.8))
    )

    assert compose_extract(extracted) == "“Cats purr.” [1] “Dogs bark.” [2]"


def test_what_markdown_would_read_in_a_quote_is_escaped():
    text = "A *b* [7] <i> `c` &amp; snake_case _d_ 5\\6."

    answer = compose_extract(Extracted((ExtractedSentence(0, 0, len(text), text, 1.0),)))

    assert answer == "“A \\*b\\* \\[7] \\<i> \\`c\\` \\&amp; snake_case \\_d\\_ 5\\\\6.” [1]"
    assert re.sub(r"\\([\\*\[<`&_])", r"\1", answer) == f"“{text}” [1]"


def test_a_sentence_that_a_report_repeats_is_quoted_once():
    first = passage("The Coca-Cola Company is our primary competitor.", chunk_id=1)
    again = passage("The Coca- Cola Company is our\nprimary competitor. We sell drinks.", chunk_id=2, document_id=2)

    sentences = extract("Who is the primary competitor?", [first, again], {}).sentences

    assert [sentence.text for sentence in sentences] == ["The Coca-Cola Company is our primary competitor."]
