import pytest

from answers.citations import Citation, Cited, cite_extract, doubtful_sentences, resolve_citations
from answers.extraction import Extracted, ExtractedSentence
from answers.refusal import REFUSAL
from tests.answers.samples import passage

CATS = passage("Cats purr when they are happy. They sleep 15 hours a day.", chunk_id=1, start=200)
DOGS = passage("Dogs bark at strangers loudly. Wolves howl at night together.", chunk_id=2, document_id=2)


def _quotes(cited):
    return [(citation.number, citation.passage.chunk_id, citation.quote) for citation in cited.citations]


def test_a_mark_without_a_passage_is_dropped():
    cited = resolve_citations("Cats purr when happy [1][7].", [CATS])

    assert cited == Cited(
        text="Cats purr when happy [1].",
        citations=(Citation(1, CATS, "Cats purr when they are happy.", 200, 230, supported=True, score=1.0),),
        dropped=(7,),
        unsupported=(),
    )
    assert cited.supported


def test_a_quote_is_the_page_s_text_between_its_offsets():
    page = "x" * 200 + CATS.text
    cited = resolve_citations("Cats sleep 15 hours every day [1].", [CATS])

    assert [page[citation.start : citation.end] for citation in cited.citations] == ["They sleep 15 hours a day."]


def test_marks_are_numbered_anew_as_they_appear():
    cited = resolve_citations("Dogs bark at strangers [2]. Cats purr when happy [1].", [CATS, DOGS])

    assert cited.text == "Dogs bark at strangers [1]. Cats purr when happy [2]."
    assert _quotes(cited) == [(1, 2, "Dogs bark at strangers loudly."), (2, 1, "Cats purr when they are happy.")]


def test_each_quote_of_a_passage_has_its_own_number():
    cited = resolve_citations(
        "Dogs bark at strangers [1]. Wolves howl at night [1]. Dogs bark at strangers loudly [1].", [DOGS]
    )

    assert cited.text == "Dogs bark at strangers [1]. Wolves howl at night [2]. Dogs bark at strangers loudly [1]."
    assert [number for number, _, _ in _quotes(cited)] == [1, 2]


def test_each_half_of_a_sentence_is_matched_to_its_own_mark():
    cited = resolve_citations("Cats purr when they are happy [1] while dogs bark at strangers [2].", [CATS, DOGS])

    assert _quotes(cited) == [(1, 1, "Cats purr when they are happy."), (2, 2, "Dogs bark at strangers loudly.")]
    assert cited.supported


@pytest.mark.parametrize(
    "text",
    [
        "Cats purr when happy. [1] Dogs bark at strangers. [2]",
        "Cats purr when happy.[1] Dogs bark at strangers.[2]",
        "- Cats purr when happy [1]\n- Dogs bark at strangers [2]",
        "1. Cats purr when happy【1】.\n2. Dogs bark at strangers【2†source】.",
        "[1] Cats purr when happy.\n[2] Dogs bark at strangers.",
        "> Cats purr when happy [1].\n\n**Dogs bark** at strangers [^2].",
        "| Cats purr when happy [1] |\n|---|\n| Dogs bark at strangers [2] |",
    ],
)
def test_a_mark_belongs_to_its_sentence_wherever_models_put_it(text):
    cited = resolve_citations(text, [CATS, DOGS])

    assert _quotes(cited) == [(1, 1, "Cats purr when they are happy."), (2, 2, "Dogs bark at strangers loudly.")]
    assert cited.unsupported == ()


def test_a_claim_without_a_mark_is_unsupported():
    cited = resolve_citations("Cats purr when happy [1]. Elephants invented the telephone.", [CATS])

    assert [cited.text[start:end] for start, end in cited.unsupported] == ["Elephants invented the telephone."]
    assert not cited.supported


def test_a_claim_that_its_passage_does_not_hold_is_unsupported():
    cited = resolve_citations("Cats sleep 22 hours a day [1].", [CATS])

    assert [cited.text[start:end] for start, end in cited.unsupported] == ["Cats sleep 22 hours a day [1]."]
    assert [citation.supported for citation in cited.citations] == [False]


def test_a_claim_whose_only_mark_was_dropped_is_unsupported():
    cited = resolve_citations("Cats purr when happy [9].", [CATS])

    assert cited == Cited("Cats purr when happy.", dropped=(9,), unsupported=((0, 21),))


def test_one_of_two_passages_is_enough_support():
    assert resolve_citations("Cats purr when happy [1][2].", [CATS, DOGS]).supported


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "## Cats and dogs and wolves",
        "**Cats and dogs and wolves:**",
        "The animals make these sounds:",
        "Do you want to know more about wolves?",
        "The documents say nothing about elephants.",
        REFUSAL,
        "```\nprint(cats, dogs, wolves)\n```",
        "|---|---|",
        "",
    ],
)
def test_what_claims_nothing_needs_no_mark(text):
    assert resolve_citations(text, [CATS]) == Cited(text)


def test_marks_in_code_and_links_are_left_alone():
    text = "Use `cats[1]` or [1](https://cats.example/a) here."

    assert resolve_citations(text, [CATS]).text == text


@pytest.mark.parametrize("text", ["[" * 5000, "`" * 5001, "[1]" * 3000, "[1](" * 2000, "\\" * 5001, "【" * 3000])
def test_hostile_answers_are_resolved(text):
    cited = resolve_citations(text, [CATS])

    assert all(CATS.text[c.start - 200 : c.end - 200] == c.quote for c in cited.citations)


def test_an_extracted_answer_cites_its_own_sentences():
    extracted = Extracted((ExtractedSentence(1, 0, 30, "Dogs bark at strangers loudly.", 0.9),))

    assert cite_extract(extracted, [CATS, DOGS]) == Cited(
        text="“Dogs bark at strangers loudly.” [1]",
        citations=(Citation(1, DOGS, "Dogs bark at strangers loudly.", 0, 30, supported=True, score=1.0),),
    )


# Which sentences of a stored answer are in doubt


def test_sentences_without_a_supported_mark_are_in_doubt():
    text = "Cats purr when they are content [1]. They also speak fluent French.\n\n- A cat sleeps sixteen hours [2]."

    assert [text[start:end] for start, end in doubtful_sentences(text, {1})] == [
        "They also speak fluent French.",
        "A cat sleeps sixteen hours [2].",
    ]


def test_what_claims_nothing_is_in_no_doubt():
    assert doubtful_sentences("## Cats and their ways\n\nIn short:\n\n```\ncats purr when content\n```\n", set()) == ()


def test_where_the_marks_cannot_be_read_back_nothing_is_said_to_be_in_doubt():
    assert doubtful_sentences("Cats purr when they are content [1-2]. They speak fluent French.", {1}) == ()
