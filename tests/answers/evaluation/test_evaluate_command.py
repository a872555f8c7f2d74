"""`manage.py evaluate`, whole: a set on disk, real workers, the real read path, and what is said of it."""

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from answers.evaluation.corpora import WORKER_NAME
from answers.evaluation.report import ORDER
from answers.models import Answer, Citation, Conversation, RetrievedPassage
from documents.models import Collection, Document, Status
from tests.answers.evaluation.samples import CATS, write_animals, write_set
from tests.answers.evaluation.test_corpora import at_once
from tests.library import index_text, make_collection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_animals(tmp_path / "animals")
    return tmp_path


@pytest.fixture(autouse=True)
def _levels_of_loggers() -> Iterator[None]:
    """Two runs at once are threads here, not processes as for people: the later one keeps what the other has set."""
    loggers = [logging.getLogger(name) for name in ("documents", "answers")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def evaluate(*arguments: Any) -> str:
    out = StringIO()
    call_command("evaluate", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: Any) -> CommandError:
    with pytest.raises(CommandError) as error:
        evaluate(*arguments)
    return error.value


def figures(data: Path, *arguments: Any) -> Any:
    evaluate(*arguments, "--data", data, "--json", data / "figures.json")
    return json.loads((data / "figures.json").read_text(encoding="utf-8"))


def test_a_set_is_indexed_asked_and_reported(data: Path):
    said = evaluate("animals", "--data", data, "--json", data / "figures.json")
    told = json.loads((data / "figures.json").read_text(encoding="utf-8"))

    assert said.splitlines()[1] == "animals: 3 questions, 1 of them not answerable; 3 documents, 3 chunks."
    assert [line.split()[0] for line in said.splitlines()[3:6]] == ["evidence@1", "evidence@5", "evidence@10"]
    assert set(told) == {
        *("set", "questions", "unanswerable", "answered_questions", "legs", "reference", "latency_ms", "corpus"),
        *("seconds", "peak_memory_mb", "versions"),
    }
    assert {name: told[name] for name in ("set", "questions", "unanswerable", "answered_questions", "reference")} == {
        "set": "animals",
        "questions": 3,
        "unanswerable": 1,
        "answered_questions": 3,
        "reference": {},
    }
    assert set(told["legs"]) - {"reranked"} == {"lexical", "semantic", "fused", "answers"}
    assert told["legs"]["lexical"]["evidence@1"] == told["legs"]["answers"]["exact"] == 1.0
    assert set(told["corpus"]) == {"collection", "documents", "chunks", "indexed_now", "indexing_seconds"}
    assert (told["corpus"]["documents"], told["corpus"]["indexed_now"]) == (3, 3)
    assert set(told["versions"]) == {
        *("embedding_model", "write_path", "python", "numpy", "django", "postgres", "pgvector"),
    }


def test_the_second_run_indexes_nothing_and_nothing_asked_stays(data: Path):
    first = figures(data, "animals")
    second = figures(data, "animals")

    assert second["legs"] == first["legs"]
    assert second["corpus"] == {**first["corpus"], "indexed_now": 0, "indexing_seconds": 0.0}
    assert [model.objects.count() for model in (Conversation, Answer, Citation, RetrievedPassage)] == [0, 0, 0, 0]


def test_legs_of_retrieval_alone_answer_nothing(data: Path):
    told = figures(data, "animals", "--legs", "lexical, fused")

    assert (list(told["legs"]), list(told["latency_ms"]), told["answered_questions"]) == (
        ["lexical", "fused"],
        ["retrieval"],
        0,
    )


def test_a_limit_takes_so_many_of_both_kinds(data: Path):
    told = figures(data, "animals", "--limit", 1, "--legs", "lexical")

    assert (told["questions"], told["unanswerable"], told["corpus"]["documents"]) == (2, 1, 3)


def test_below_a_floor_the_command_fails_and_the_figures_are_there(data: Path):
    error = refused(
        *("animals", "--data", data, "--json", data / "figures.json", "--legs", "lexical", "--remove"),
        *("--floor", "lexical:evidence@1=1.1", "--floor", "evidence@5=1", "--floor", "R@1=0.5"),
    )

    assert (error.returncode, str(error)) == (
        1,
        "animals: lexical evidence@1 is 1.0000, below 1.1.\n"
        "R@1 was not measured. There are: MRR@10, evidence@1, evidence@5, evidence@10, document@1, document@10, "
        "AUROC, refused@90.",
    )
    assert json.loads((data / "figures.json").read_text())["legs"]["lexical"]["evidence@1"] == 1.0
    assert Collection.objects.filter(slug__startswith="evaluation-").count() == 0


def test_a_set_is_named_by_its_folder_and_several_make_a_list(data: Path):
    write_set(
        data / "elsewhere" / "pets",
        passages=[{"passage_id": "p", "doc_id": "d", "text": CATS}],
        questions=[{"id": 1, "question": "When do cats purr?", "passage_id": "p"}],
    )

    told = figures(data, data / "elsewhere" / "pets", "animals", "--legs", "lexical")

    assert [(each["set"], each["legs"]["lexical"]["MRR@10"]) for each in told] == [("pets", 1.0), ("animals", 1.0)]


def test_own_questions_are_asked_of_somebodys_collection_which_is_left_alone(data: Path):
    document = index_text(make_collection(), "cats.txt", CATS)
    (data / "own.csv").write_text("question;text;document\nWhen do cats purr?;content;cats\nWho flies?;;\n")

    told = figures(data, data / "own.csv", "--collection", "reports", "--remove", "--fresh", "--legs", "lexical")

    assert (told["set"], told["questions"], told["unanswerable"]) == ("own", 2, 1)
    assert told["legs"]["lexical"]["evidence@1"] == 1.0
    assert told["corpus"] == {
        "collection": "reports",
        "documents": 1,
        "chunks": 1,
        "indexed_now": 0,
        "indexing_seconds": 0.0,
    }
    assert Document.objects.get() == document


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dogs"], "There is no set 'dogs' in {data}. There are: animals."),
        (["animals/de"], "The set animals has no language 'de'. It has: en."),
        (["animals", "--floor", "R@2=0.8"], f"There is no metric 'R@2'. There are: {', '.join(ORDER)}."),
        (
            ["animals", "--legs", "bm25"],
            "There is no leg 'bm25'. There are: lexical, semantic, fused, reranked, answers.",
        ),
        (["animals", "--legs", ","], "Name a leg. There are: lexical, semantic, fused, reranked, answers."),
        (
            ["animals", "--index", "other"],
            "Questions are asked under the embedding model all-MiniLM-L6-v2, not other.",
        ),
        (
            ["animals", "--json", "{data}/no/figures.json"],
            "The figures cannot be written to '{data}/no/figures.json': there is no such folder, or it is one itself.",
        ),
        (["animals", "no.csv"], "There is no file 'no.csv'."),
        (
            ["animals", "{data}/own.csv"],
            "Name the collection that the questions of own.csv are asked of with --collection.",
        ),
        (["animals", "{data}/own.csv", "--collection", "no"], "There is no collection 'no'."),
        (
            ["animals", "{data}/own.csv", "--collection", "reports"],
            "The collection has no document called 'cats' (question 1).",
        ),
        (
            ["animals", "--writer"],
            "--writer is for injections alone: other sets are answered without a model that writes.",
        ),
        (
            ["injections", "--writer"],
            "--writer needs a model that writes, and none is configured: see docs/settings.md.",
        ),
        (
            ["injections"],
            "There is no robustness/injected_documents.jsonl in {data}: name the folder of the data with --data.",
        ),
        (
            ["animals", "--limit", "0"],
            "Error: argument --limit: '0' is no number of questions, which are 1 or more",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_indexed(data: Path, arguments: list[str], message: str):
    make_collection()
    (data / "own.csv").write_text("question,document\nWho?,cats\n")

    error = refused("--data", data, *[argument.format(data=data) for argument in arguments])

    assert str(error) == message.format(data=data)
    assert Collection.objects.filter(slug__startswith="evaluation-").count() == 0


def test_two_runs_of_a_set_at_once_find_the_same(data: Path):
    def run(name: str) -> Any:
        evaluate("animals", "--data", data, "--json", data / name, "--legs", "lexical,answers")
        return json.loads((data / name).read_text())

    first, second = at_once(lambda: run("first.json"), lambda: run("second.json"))

    assert first["legs"] == second["legs"]
    assert first["legs"]["answers"]["failed"] == 0.0
    assert (first["corpus"]["documents"], Document.objects.count(), Conversation.objects.count()) == (3, 3, 0)


@pytest.fixture
def ctrl_c_works() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and so would these tests in it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_works")
def test_ctrl_c_ends_it_cleanly_and_the_next_run_goes_on(data: Path):
    texts = [f"Animal number {number} is {number * 7} years old." for number in range(30)]
    write_set(
        data / "many",
        corpus=[{"doc_id": str(number), "text": text} for number, text in enumerate(texts)],
        questions=[{"id": 1, "question": "How old is animal number 3?", "answers": ["21"]}],
    )

    def press_once_some_are_ready() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and Document.objects.filter(status=Status.READY).count() < 3:
            time.sleep(0.02)
        connection.close()
        if WORKER_NAME in [thread.name for thread in threading.enumerate()]:  # else it would end the tests
            os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press_once_some_are_ready)
    presser.start()
    error = refused("many", "--data", data)
    presser.join()

    statuses = list(Document.objects.values_list("status", flat=True))
    assert (error.returncode, str(error)) == (130, "Stopped. What is indexed stays; the next run goes on from there.")
    assert set(statuses) == {Status.READY, Status.PENDING}
    assert [thread.name for thread in threading.enumerate() if thread.name == WORKER_NAME] == []
    ready = set(Document.objects.ready().values_list("pk", flat=True))
    assert figures(data, "many", "--legs", "lexical")["corpus"]["indexed_now"] == 30 - len(ready)
    assert ready <= set(Document.objects.ready().values_list("pk", flat=True))


def test_a_database_that_was_never_set_up_is_told_so(data: Path):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE documents_embeddingindex RENAME TO not_there_yet")
    try:
        error = refused("animals", "--data", data)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE not_there_yet RENAME TO documents_embeddingindex")

    assert "manage.py migrate" in str(error)
