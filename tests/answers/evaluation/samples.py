"""Sets of questions, written where a test wants them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from answers.evaluation.questions import EvaluationSet, JudgedBy, Question, SetFile

CATS = "Cats purr when they are content."
DOGS = "Dogs bark at strangers."
OWLS = "Owls hunt mice at night."


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_set(folder: Path, **files: Sequence[dict[str, Any]]) -> Path:
    """Write each argument as NAME.jsonl."""
    for name, rows in files.items():
        write_rows(folder / f"{name}.jsonl", rows)
    return folder


def write_animals(folder: Path) -> Path:
    """Three documents, two questions that they answer and one that they do not."""
    texts = {"cats": CATS, "dogs": DOGS, "owls": OWLS}
    return write_set(
        folder,
        corpus=[{"doc_id": name, "title": name.title(), "text": text} for name, text in texts.items()],
        questions=[
            {"id": 1, "question": "When do cats purr?", "doc_id": "cats", "answers": ["content"], "lang": "en"},
            {"id": 2, "question": "Who barks at strangers?", "doc_id": "dogs", "answers": ["Dogs"], "lang": "en"},
        ],
        offtopic_questions=[{"id": 3, "question": "Which treaty ended the Thirty Years' War?"}],
    )


def animals(name: str = "animals", texts: Sequence[str] = (CATS, DOGS, OWLS)) -> EvaluationSet:
    """A set of text files named after their first word."""
    files = tuple(SetFile(f"{text.split()[0].lower()}.txt", text.encode()) for text in texts)
    question = Question("1", "When do cats purr?", answers=("content",), documents=frozenset({files[0].sha256}))
    return EvaluationSet(name, JudgedBy.CHUNK, (question,), files)
