"""Log lines, for people and for machines."""

import json
import logging
import sys

from qabot.log_format import MAX_LINE, JsonFormatter, LogfmtFormatter, request_id


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
