"""Read somebody's own questions with what should be found: CSV or JSONL. Knows nothing of the database."""

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from answers.evaluation.questions import EvaluationSet, JudgedBy, Question, SetError
from answers.evaluation.sets import Row, read_rows, read_text

# What a column may be called ("Expected text", "expected_text" and "text" are one), and what it is.
COLUMNS = {"question": "question", "text": "text", "answer": "text", "answers": "text", "document": "document"}


def load_questions(path: Path) -> EvaluationSet:
    """Questions with the expected `text`, the expected `document` (its name), or both.

    A question without either is one that the documents do not answer. Raises SetError.
    """
    rows = _read_csv(path) if path.suffix.lower() == ".csv" else read_rows(path)
    questions = tuple(_question(number, _plain_columns(row)) for number, row in enumerate(rows, start=1))
    if not questions:
        raise SetError(f"There are no questions in {path.name}.")
    return EvaluationSet(path.stem, JudgedBy.CHUNK, questions)


def with_documents(own: EvaluationSet, documents: Mapping[str, Collection[str]]) -> EvaluationSet:
    """The questions with their documents' names replaced by hashes: `documents` maps a name to those that bear it.

    Raises SetError where no document bears a name.
    """
    return replace(own, questions=tuple(_resolved(question, documents) for question in own.questions))


def _resolved(question: Question, documents: Mapping[str, Collection[str]]) -> Question:
    for name in question.documents:
        if name not in documents:
            raise SetError(f"The collection has no document called {name!r} (question {question.id}).")
    hashes = (digest for name in question.documents for digest in documents[name])
    return replace(question, documents=frozenset(hashes))


def _read_csv(path: Path) -> list[Row]:
    text = read_text(path)
    header = text.partition("\n")[0]
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count)))


def _plain_columns(row: Row) -> Row:
    """Columns by the names used here, without those that are not used or hold nothing."""
    plain = {str(name).lower().replace("_", " ").replace("expected", "").strip(): row[name] for name in row}
    return {COLUMNS[name]: value for name, value in plain.items() if name in COLUMNS and value not in (None, "", [])}


def _question(number: int, row: Row) -> Question:
    text, expected = str(row.get("question", "")).strip(), row.get("text", [])
    if not text:
        raise SetError(f"Row {number} has no question. The columns are: question, text, document.")
    answers = tuple(str(one) for one in (expected if isinstance(expected, list) else [expected]))
    documents = frozenset([str(row["document"]).strip()] if row.get("document") else ())
    return Question(str(number), text, bool(answers or documents), answers, documents=documents)
