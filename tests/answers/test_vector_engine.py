"""Questions while an engine holds the vectors: it down, slow or wrong, they are answered by words, and say so."""

import pytest
from django.conf import LazySettings

from answers.answering import AnsweringOptions, ask
from answers.models import Answer, Conversation
from answers.retrieval import ENGINE_AWAY, retrieve
from answers.telling import TOLD
from answers.timing import Stopwatch
from documents.models import Collection
from documents.scope import Scope
from tests.documents.engine_copies.steps import keep
from tests.fakes.engine import FakeEngineServer
from tests.library import index_text, make_collection

QUESTION = "How many honey bees live in a summer hive, while the tall tower is how many metres high?"
FACTS = {
    "bees": "Bees make honey. A hive holds forty thousand bees in summer.",
    "tower": "The tower is 330 metres tall.",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def copied(settings: LazySettings) -> tuple[Scope, FakeEngineServer]:
    collection: Collection = make_collection(readers="public")
    for name, text in FACTS.items():
        index_text(collection, f"{name}.txt", text)
    engine = FakeEngineServer()
    settings.QABOT_VECTOR_INDEX = engine.place
    keep(engine)
    return Scope((collection.pk,), None, len(FACTS)), engine


def test_both_legs_answer_and_scores_are_those_of_postgres(
    copied: tuple[Scope, FakeEngineServer], settings: LazySettings
):
    scope, engine = copied
    engine.calls.clear()
    by_engine = retrieve(QUESTION, scope, Stopwatch())
    asked = engine.calls.count("search")
    settings.QABOT_VECTOR_INDEX = None

    by_postgres = retrieve(QUESTION, scope, Stopwatch())

    assert asked > 1  # the question has two parts
    assert (by_engine.passages, by_engine.confidence) == (by_postgres.passages, by_postgres.confidence)
    assert by_engine.notice == ""


def test_a_question_is_answered_by_words_while_the_engine_is_down_and_says_so(copied: tuple[Scope, FakeEngineServer]):
    scope, engine = copied
    engine.down = True

    answer: Answer = ask(
        "How many bees live in a hive?", Conversation.objects.create(), scope, AnsweringOptions(None, 6000)
    )
    found = retrieve("How many bees live in a hive?", scope, Stopwatch())

    assert (answer.notice, answer.embedding_model) == (ENGINE_AWAY, "all-MiniLM-L6-v2")
    assert "forty thousand" in answer.text
    assert all(passage.semantic.score is not None for passage in found.passages)
    assert ENGINE_AWAY in TOLD  # in the reader's language, then


def test_a_dead_engine_costs_a_question_its_patience_three_times_and_then_nothing(
    copied: tuple[Scope, FakeEngineServer],
):
    scope, engine = copied
    engine.down = True
    engine.calls.clear()

    notices = [retrieve(QUESTION, scope, Stopwatch()).notice for _ in range(5)]

    assert (notices, engine.calls) == ([ENGINE_AWAY] * 5, ["search"] * 3)


def test_the_reason_is_logged_and_no_key(copied: tuple[Scope, FakeEngineServer], caplog: pytest.LogCaptureFixture):
    scope, engine = copied
    engine.down = True

    retrieve(QUESTION, scope, Stopwatch())

    said = [record for record in caplog.records if record.msg == "vectors not searched"]
    assert [vars(record)["reason"] for record in said] == ["The fake engine does not answer."]
    assert engine.place.api_key not in caplog.text
