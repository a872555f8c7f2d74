"""What the log says of a question and of a document: how it went and how long it took, nothing of what it was about."""

import logging
from typing import Any

import pytest

from answers.answering import AnsweringOptions, ask
from answers.models import Conversation
from documents.scoping import scope_for
from qabot.log_format import JsonFormatter
from tests.library import index_text, make_collection, make_user

QUESTION = "How many bees live in a hive in summer?"
TEXT = "Bees make honey. A hive holds 40,000 bees in summer. In winter there are fewer."


def events(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.message == message]


@pytest.mark.django_db
def test_an_answer_is_a_line_with_the_time_of_each_stage(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    alice = make_user()
    document = index_text(make_collection(), "bees.txt", TEXT, alice)

    answer = ask(QUESTION, Conversation.objects.create(), scope_for(alice, None, None), AnsweringOptions(None, 6000))

    [line] = events(caplog, "answer stored")
    assert {name: line[name] for name in ("answer", "mode", "status", "model", "timings_ms")} == {
        "answer": answer.pk,
        "mode": "extracted",
        "status": "done",
        "model": "",
        "timings_ms": answer.timings_ms,
    }
    assert {"semantic", "lexical", "extract", "total"} <= answer.timings_ms.keys()
    stages = [(line["document"], line["stage"]) for line in events(caplog, "document stage")]
    assert stages == [(document.pk, stage) for stage in ("parsing", "embedding", "saving")]
    lines = [JsonFormatter().format(record) for record in caplog.records if record.name.startswith(("answers", "doc"))]
    assert [line for line in lines if "honey" in line or "hive" in line] == []
