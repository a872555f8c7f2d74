"""Every sentence that parsing, uploading, indexing, embedding and providers can say is known, and so is translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from answers import notices
from answers.telling import TOLD, notice_in_language
from documents.parsing import guard
from documents.reasons import REASONS, engine_reason_in_language, reason_in_language
from documents.vector_index.engines.calling import STATUS_WORDS, words_of
from documents.vector_index.engines.milvus_client import LITE_CLOSED
from qabot.retelling import PLACE, retold
from tests.source_code import ROOT

SPEAKERS = [
    *sorted((ROOT / "documents" / "parsing").glob("*.py")),
    *sorted((ROOT / "documents" / "embedding").glob("*.py")),
    *(ROOT / "documents" / name for name in ("uploading.py", "indexing.py", "worker.py")),
    *sorted((ROOT / "qabot").glob("provider_[fgr]*.py")),
    *(ROOT / "answers" / name for name in ("attending.py", "abandoned.py", "unkept.py")),
]
# Said to whoever develops or runs QABot, and to nobody who reads.
FOR_DEVELOPERS = re.compile(
    r"This platform cannot close to the parsers of files: %s\.|The local embedding model's 7 is not the published one.*"
)
SENTENCE = re.compile(r"[A-Z][a-z]+'?s? .*[.:]", re.DOTALL)


def sentences_of(path: Path, shape: re.Pattern[str] = SENTENCE) -> Iterator[str]:
    """What a module says, with 7 in each place: constants and f-strings that are sentences."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    inner |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = node.value
        else:
            continue
        if shape.fullmatch(text) and not FOR_DEVELOPERS.fullmatch(text):
            yield text


def in_german(text: str) -> str:
    with override("de"):
        return retold(FILLED_IN.get(text, text), REASONS + TOLD)


# Sentences whose places are not filled in with just anything.
READ = "PDF, CSV and plain text"
FILLED_IN = {
    "The file could not be read: 7.": "The file could not be read: its parser crashed.",
    "This kind of file cannot be read. QABot reads 7.": f"This kind of file cannot be read. QABot reads {READ}.",
    "This is an old Office format. QABot reads 7.": f"This is an old Office format. QABot reads {READ}.",
}


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_is_said_again_in_german(path: Path):
    assert [said for said in sentences_of(path) if in_german(said) == FILLED_IN.get(said, said)] == []


@pytest.mark.parametrize("quoted", [True, False])
def test_so_is_every_notice_that_is_put_together(quoted: bool):
    reason = "The provider has a problem of its own (status 503)."
    told = [
        notices.broken_off(reason),
        notices.not_written(reason, available=True, quoted=quoted),
        notices.not_written(reason, available=False, quoted=quoted),
        notices.budget_spent(quoted=quoted),
        f"{notices.CUT_AT_LIMIT} {notices.broken_off(reason)}",
    ]

    with override("de"):
        german = [notice_in_language(notice) for notice in told]

    assert [text for text in german if re.search(r"\b(the|this|answer|your)\b", text, re.IGNORECASE)] == []
    assert all("503" in text for text in german[:3])


ENGINES = sorted((ROOT / "documents" / "vector_index").rglob("*.py"))


@pytest.mark.parametrize(
    "said",
    [
        *(f"Chroma {words_of(status)}." for status in (*STATUS_WORDS, 500)),
        *(said for path in ENGINES for said in sentences_of(path, re.compile(r"7 [a-z].*\."))),
        f"Milvus {LITE_CLOSED}.",
        "Weaviate refuses some of the vectors.",
        "Pinecone needs a key, PINECONE_API_KEY.",
        "Weaviate keeps some of what was to be deleted.",
    ],
)
def test_so_is_what_is_said_of_a_vector_engine(said: str):
    with override("de"):
        assert engine_reason_in_language(said) != said


def test_what_was_filled_in_is_kept_and_numbers_are_written_as_the_language_does():
    with override("de"):
        told = reason_in_language("The PDF has 6,000 pages; the most that is read is 5,000.")

    assert told == "Das PDF hat 6.000 Seiten; höchstens 5.000 werden gelesen."


@pytest.mark.parametrize(
    "ending", [*guard._ENDINGS.values(), "its parser stopped answering", "its parser ended too early"]
)
def test_however_a_parser_ends_is_known(ending: str):
    assert in_german(f"The file could not be read: {ending}.").startswith("Die Datei konnte nicht gelesen werden: ")
    assert ending not in in_german(f"The file could not be read: {ending}.")


def test_in_english_nothing_changes():
    text = "The file is empty. And something of its own."

    assert [reason_in_language(text), reason_in_language("")] == [text, ""]


def test_what_is_not_known_stays_between_what_is():
    with override("de"):
        told = reason_in_language("Quite new. The file is empty. Nothing like it")

    assert told == "Quite new. Die Datei ist leer. Nothing like it"


def test_a_hostile_reason_costs_no_more_than_a_look():
    long = "The PDF has " + "1 pages; the most that is read is " * 2_000

    with override("de"):
        assert "The PDF has" in reason_in_language(long)


def test_a_sentence_has_two_places_at_most():
    assert [sentence for sentence in REASONS + TOLD if len(PLACE.findall(sentence)) > 2] == []
