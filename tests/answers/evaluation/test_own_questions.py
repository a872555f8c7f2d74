"""Somebody's own questions, as spreadsheets and programs write them."""

from pathlib import Path

import pytest

from answers.evaluation.own_questions import load_questions, with_documents
from answers.evaluation.questions import EvaluationSet, JudgedBy, Question, SetError

WANTED = (
    Question("1", "Who purrs?", answers=("Cats, always",), documents=frozenset({"cats.txt"})),
    Question("2", "Who barks?", documents=frozenset({"dogs"})),
    Question("3", "Who flies?", answers=("owls",)),
    Question("4", "Who writes?", answerable=False),
)


@pytest.mark.parametrize(
    "content",
    [
        'question,text,document\nWho purrs?,"Cats, always",cats.txt\nWho barks?,,dogs\n'
        "Who flies?,owls,\nWho writes?,,\n",
        "Question;Expected text;Expected document\r\nWho purrs?;Cats, always;cats.txt\r\nWho barks?;;dogs\r\n"
        "Who flies?;owls;\r\n Who writes? ;;\r\n",
        "\ufeffquestion\tanswer\tDOCUMENT\tnote\nWho purrs?\tCats, always\tcats.txt\tx\nWho barks?\t\tdogs\n"
        "Who flies?\towls\nWho writes?\t\t\tnobody, I think",
    ],
)
def test_a_csv_may_be_separated_by_commas_semicolons_or_tabs(tmp_path: Path, content: str):
    path = tmp_path / "own.CSV"
    path.write_bytes(content.encode())

    assert load_questions(path) == EvaluationSet("own", JudgedBy.CHUNK, WANTED)


def test_jsonl_holds_the_same(tmp_path: Path):
    path = tmp_path / "own.jsonl"
    path.write_text(
        '\ufeff{"question": "Who purrs?", "expected_text": "Cats, always", "document": "cats.txt"}\n'
        '{"question": "Who barks?", "text": null, "expected_document": "dogs"}\n\n'
        '{"question": "Who flies?", "answers": ["owls"], "document": ""}\n'
        '{"question": "Who writes?", "text": []}\n',
        encoding="utf-8",
    )

    assert load_questions(path).questions == WANTED


def test_several_expected_texts_and_figures_are_texts(tmp_path: Path):
    path = tmp_path / "own.jsonl"
    path.write_text('{"question": "How many?", "text": ["none", 0]}\n{"question": "How many dogs?", "text": 0}\n')

    assert [question.answers for question in load_questions(path).questions] == [("none", "0"), ("0",)]


def test_a_line_break_inside_a_cell_is_part_of_it(tmp_path: Path):
    path = tmp_path / "own.csv"
    path.write_bytes(b'question,text\r\n"Who\r\npurrs?",cats\r\n')

    assert load_questions(path).questions == (Question("1", "Who\npurrs?", answers=("cats",)),)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "own.csv",
            b"frage,antwort\nWer?,Katzen\n",
            "Row 1 has no question. The columns are: question, text, document.",
        ),
        (
            "own.csv",
            b"question,text\nWho?,cats\n,dogs\n",
            "Row 2 has no question. The columns are: question, text, document.",
        ),
        ("own.csv", b"question,text\n", "There are no questions in own.csv."),
        ("own.csv", b"", "There are no questions in own.csv."),
        ("own.csv", b"question\nWo ist M\xfcnchen?\n", "own.csv is not UTF-8: save it as UTF-8."),
        ("own.jsonl", b"question,text\n", "Line 1 of own.jsonl is not a JSON object."),
        ("own.jsonl", b"\n", "There are no questions in own.jsonl."),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, name: str, content: bytes, message: str):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SetError) as error:
        load_questions(tmp_path / name)

    assert str(error.value) == message


def test_names_of_documents_become_the_hashes_of_those_that_bear_them():
    own = EvaluationSet("own", JudgedBy.CHUNK, (WANTED[1], WANTED[2]))

    resolved = with_documents(own, {"dogs": {"1a", "2b"}, "cats": {"3c"}})

    assert [question.documents for question in resolved.questions] == [{"1a", "2b"}, frozenset()]


def test_a_document_that_is_not_there_is_named():
    with pytest.raises(SetError) as error:
        with_documents(EvaluationSet("own", JudgedBy.CHUNK, WANTED), {"cats.txt": {"3c"}})

    assert str(error.value) == "The collection has no document called 'dogs' (question 2)."
