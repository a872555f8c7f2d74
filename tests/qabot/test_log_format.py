"""Log lines, for people and for machines."""

import json
import logging
import sys

import pytest

from qabot.log_format import MAX_LINE, JsonFormatter, LogfmtFormatter, request_id
from qabot.redaction import Redactor


def record(message: str, **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "documents.worker", "levelname": "INFO", "msg": message, "created": 0.5, **extra}
    )


def test_json_for_machines():
    assert json.loads(JsonFormatter().format(record("Indexed", document=7, pages=215))) == {
        "time": "1970-01-01T00:00:00.500+00:00",
        "level": "INFO",
        "logger": "documents.worker",
        "message": "Indexed",
        "document": 7,
        "pages": 215,
    }


def test_logfmt_for_people():
    assert LogfmtFormatter().format(record('Indexed "a b"', document=7, note="")) == (
        'time=1970-01-01T00:00:00.500+00:00 level=INFO logger=documents.worker message="Indexed \\"a b\\"" '
        'document=7 note=""'
    )


def test_the_request_id_joins_the_lines_of_a_request():
    token = request_id.set("8f2c-1")
    line = JsonFormatter().format(record("Asked"))
    request_id.reset(token)

    assert json.loads(line)["request_id"] == "8f2c-1"


def test_a_line_break_in_a_message_makes_no_second_line():
    assert "\n" not in LogfmtFormatter().format(record("one\nlevel=ERROR two"))


def test_no_line_is_longer_than_the_log_router_takes():
    line = JsonFormatter().format(record("x" * 50_000, other="\n" * 50_000))

    assert len(line) <= MAX_LINE
    assert json.loads(line)["message"].startswith("xxx")


def test_an_error_tells_where_it_happened():
    try:
        raise ValueError("boom")
    except ValueError:
        failed = record("Failed", exc_info=sys.exc_info())

    assert json.loads(JsonFormatter().format(failed))["error"].endswith("ValueError: boom")
    assert LogfmtFormatter().format(failed).endswith("\nValueError: boom")


@pytest.mark.parametrize("formatter", [JsonFormatter, LogfmtFormatter])
def test_a_secret_is_masked_wherever_it_stands_even_where_a_line_is_cut(formatter: type[JsonFormatter]):
    secret = 'p"a ss-0123456789'
    try:
        raise ValueError(f"refused {secret}")
    except ValueError:
        failed = record(f"Failed with {secret}", exc_info=sys.exc_info(), sent={"keys": [secret]}, long=secret * 1000)

    line = formatter(Redactor([secret])).format(failed)

    assert line.count("[secret]") > 3
    assert "ss-0123" not in line


def test_values_keep_their_kind():
    fields = json.loads(JsonFormatter().format(record("Done", count=3, share=0.5, steps=["a", 1], note=None)))

    assert {name: fields[name] for name in ("count", "share", "steps", "note")} == {
        "count": 3,
        "share": 0.5,
        "steps": ["a", 1],
        "note": None,
    }
