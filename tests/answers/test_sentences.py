"""Sentences, list items and table rows are found in any script; abbreviations, decimals and torn lines are not cut."""

import json
import random
from pathlib import Path

import pytest
from django.conf import settings

from answers.sentences import split_sentences

SETS = Path(settings.BASE_DIR).parent / "shared" / "data"


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["He left.", "She stayed!", "Why?", "Nobody knows…", "It ended."],
        ["Dr. Smith met Mr. J. R. R. Tolkien at St. Paul's.", "They talked."],
        ["The U.S. Government paid $3.5 million to Acme Inc. in 2019.", "It was 5 p.m.", "The end."],
        ["He came from the U.S.", "The rest is known."],
        ["See Fig. 3 and Sec. 4.2 of vol. 2 for details, e.g. Table 1.", "It helps."],
        ["Is that so?", "No.", "It is not."],
        ["They scored 24.", "Panthers won in 2015.", "It was late."],
        ['"Why?" she asked.', '"I know."', "He went."],
        ["Smith et al. [5] showed it.[3]", "He died in 1990.[12]", "Nobody came."],
        ["Visit example.com or write to a.b@example.org today.", "Version 4.2.1 is out."],
        ["Am 3. Oktober 1990 kam z.B. die Einheit.", "Danach war Ruhe."],
        ["¿Dónde está?", "¡Aquí!", "Vale."],
        ["Он пришёл в 5 ч. утра.", "Потом ушёл."],
        ["Ήρθε.", "Έφυγε."],
        ["هل هذا صحيح؟", "نعم.", "لا."],
        ["کیا یہ سچ ہے؟", "ہاں۔", "نہیں۔"],
        ["वह घर गया।", "वह सो गया॥", "क्यों?", "पता नहीं।"],
        ["1. First things first.", "2. Then the rest."],
    ],
)
def test_sentences_are_told_apart(expected):
    assert sentences(" ".join(expected)) == expected


def test_scripts_without_spaces_end_with_their_own_stops():
    assert sentences("今天天气很好。我们去公园吧！你说呢？“好的。”他说。") == [
        "今天天气很好。",
        "我们去公园吧！",
        "你说呢？",
        "“好的。”",
        "他说。",
    ]
    assert sentences("これはペンです。「はい。」とても３．１４です") == [
        "これはペンです。",
        "「はい。」",
        "とても３．１４です",
    ]


def test_long_thai_text_is_cut_at_its_spaces():
    phrase = "ทีมรับของแพนเธอร์สทำการแข่งขันในฤดูกาลที่ผ่านมาอย่างดีเยี่ยม"

    assert sentences(f"{phrase} {phrase} {phrase}") == [f"{phrase} {phrase}", phrase]


def test_a_line_break_inside_a_sentence_does_not_cut_it():
    text = (
        "The company was founded in the spring of 1999 by its first president,\nBarack Example, and it was later sold"
        " to the largest of its\nCanadian competitors. Then\nit closed."
    )

    assert sentences(text) == [text[: text.index(" Then")], "Then\nit closed."]


def test_blank_lines_and_list_items_end_what_is_before_them():
    text = (
        "A paragraph without a stop\n\n- first item\n- second item,\n  which goes on\n• third\n1. one\n(b) two\n \nEnd"
    )

    assert sentences(text) == [
        "A paragraph without a stop",
        "- first item",
        "- second item,\n  which goes on",
        "• third",
        "1. one",
        "(b) two",
        "End",
    ]


def test_rows_of_a_statement_stay_apart():
    text = (
        "Revenue:\nSubscription $ 16,388 $ 14,573\nProduct 532 555\n"
        "Other income, net 41 — 42\nTotal revenue 17,606 15,785"
    )

    assert sentences(text) == [
        "Revenue:\nSubscription $ 16,388 $ 14,573",
        "Product 532 555",
        "Other income, net 41 — 42",
        "Total revenue 17,606 15,785",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["Name\tAge", "Ann Lee\t7", "bob\t8"],
        ["| Name | Age |", "|---|---|", "| ann. Lee | 7 |"],
        ["Name: Ann; Age: 7; Town: Ulm", "Name: bob; Age: 8; Town: Bonn"],
    ],
)
def test_each_row_of_a_table_stands_alone(rows):
    assert sentences("\n".join(rows)) == rows


def test_a_heading_is_no_part_of_the_sentence_below_it():
    text = "Segments\nIn fiscal 2022, we categorized our products into these reportable segments."

    assert sentences(text) == text.split("\n")


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t \u00a0"])
def test_nothing_has_no_sentences(text):
    assert split_sentences(text) == []


def assert_covered(text: str) -> None:
    reached = 0
    for start, end in split_sentences(text):
        assert reached <= start < end
        assert text[start:end] == text[start:end].strip()
        assert not text[reached:start].strip()
        reached = end
    assert not text[reached:].strip()


def test_every_character_is_in_exactly_one_sentence_of_any_text():
    parts = [
        "Dr. ",
        "a. ",
        "B. ",
        "3. ",
        "…",
        "。",
        "」",
        "।",
        "؟ ",
        "\n",
        "\n\n",
        " ",
        "- x",
        "\t",
        "| a |",
        "$ 1,5 ",
        "U.S.",
        "[3]",
        "ไทยไทยไทย ",
    ]
    for seed in range(400):
        draw = random.Random(seed)
        assert_covered("".join(draw.choice(parts) for _ in range(draw.randint(0, 60))))


@pytest.mark.parametrize(
    "name", ["squad_articles/passages.jsonl", "xquad/passages.jsonl", "financebench/passages.jsonl"]
)
def test_every_character_is_in_exactly_one_sentence_of_real_texts(name):
    path = SETS / name
    if not path.exists():
        pytest.skip(f"the evaluation set {name} is not beside the repository")
    for line in path.read_text(encoding="utf-8").splitlines():
        assert_covered(json.loads(line)["text"])


@pytest.mark.parametrize(
    "text",
    [
        "." * 50_000,
        "1 " * 50_000,
        "a.b" * 30_000,
        "(" * 50_000,
        "- \n" * 20_000,
        "$ " * 50_000,
        "1" * 50_000 + "\nA",
        "\u00a0\u00a01" * 30 + "x\nA",
        "a" + "\u00a0\u00a01" * 30 + "x\nA",
        "ไ" * 50_000,
        ": " * 50_000,
        "a  " * 30_000,
        "。" * 50_000,
        "." + "'" * 50_000,
    ],
)
def test_a_hostile_text_is_split_in_linear_time(text):
    assert_covered(text)
