"""What is sent to Sentry and to an OpenTelemetry collector, by a process of ours, to a collector on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from qabot.environment import Environment
from qabot.monitoring import choose_metrics, choose_sentry
from tests.fakes.collector import FakeCollector, Received
from tests.fakes.crashing_site import KEY, QUESTION

SECRET_KEY = "0123456789abcdef" * 4
DSN_KEY = "dsnkey0123456789"
HEADER = "collector-canary-0123456789"

COUNT_SOMETHING = """
import logging, django
django.setup()
requests, answers = logging.getLogger("gunicorn.access"), logging.getLogger("answers.answering")
requests.info("request", extra={"method": "GET", "route": "/login", "status": 200, "ms": 12.5})
requests.info("request", extra={"method": "BREW", "path": "/canary", "status": 405, "ms": 1})
answers.info("answer stored", extra={
    "answer": 7, "mode": "generated", "status": "done", "model": "gpt-4.1-mini", "prompt_tokens": 900,
    "completion_tokens": 80, "timings_ms": {"retrieve": 31.0, "total": 1200.5}})
logging.getLogger("documents.worker").info("document ready", extra={"document": 7})
logging.getLogger("documents.worker").warning("something else", extra={"document": 7})
"""


def python(*arguments: str, tmp_path: Path, **environment: str) -> str:
    """What our program prints. The proxies of the developer's machine have no part in it."""
    base = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={
            **base,
            "DJANGO_SETTINGS_MODULE": "qabot.settings",
            "VAR_DIR": str(tmp_path),
            "SECRET_KEY": SECRET_KEY,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def events(received: list[Received]) -> list[dict[str, Any]]:
    """The events of envelopes: a header line, then for each item a header and its JSON."""
    found = []
    for each in received:
        lines = each.body.decode().splitlines()
        for header, payload in zip(lines[1::2], lines[2::2], strict=False):
            if json.loads(header)["type"] == "event":
                found.append(json.loads(payload))
    return found


@pytest.mark.usefixtures("collected_static")
def test_sentry_is_told_what_broke_and_where_and_nothing_of_what_it_was_about(tmp_path: Path):
    pytest.importorskip("sentry_sdk", reason="requirements/monitoring-sentry.txt is not installed")
    with FakeCollector() as collector:
        dsn = f"http://{DSN_KEY}@127.0.0.1:{collector.port}/1"
        environment = {"SENTRY_DSN": dsn, "HEROKU_APP_NAME": "my-app", "HEROKU_BUILD_COMMIT": "abc123", "DYNO": ""}
        printed = python("-m", "tests.fakes.crashing_site", tmp_path=tmp_path, **environment)
        received = collector.wait_for(2)

    crash, line = events(received)
    assert printed.strip().endswith("500")
    assert [value["type"] for value in crash["exception"]["values"]] == ["ValueError", "AppFailure"]
    assert [value["value"] for value in crash["exception"]["values"]] == ["", ""]
    frame = crash["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["filename"]) == ("crash", "crashing_site.py")
    assert (crash["tags"], crash["environment"], crash["release"]) == ({"request_id": "r-1"}, "my-app", "abc123")
    assert crash["logentry"] == {"message": "%s: %s"}
    assert (line["logger"], line["logentry"]) == ("answers.answering", {"message": "answer failed for %s"})
    sent = " ".join(each.body.decode() for each in received)
    # The program's own lines are sent, and one of them is where the test keeps its canary.
    assert QUESTION not in sent.replace(f'QUESTION = \\"{QUESTION}\\"', "")
    assert [secret for secret in (KEY, SECRET_KEY, "Authorization", "testserver", "cookies") if secret in sent] == []
    assert set(crash) <= {
        *("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "server_name", "sdk"),
        *("exception", "logentry", "tags"),
    }


def test_figures_reach_a_collector_without_what_callers_made_up(tmp_path: Path):
    pytest.importorskip("opentelemetry.sdk", reason="requirements/monitoring-opentelemetry.txt is not installed")
    with FakeCollector() as collector:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={HEADER}",
            "OTEL_SERVICE_NAME": "our-qabot",
        }
        printed = python("-c", COUNT_SOMETHING, tmp_path=tmp_path, **environment)
        [report] = collector.wait_for(1)

    assert (report.path, report.headers["x-key"]) == ("/v1/metrics", HEADER)
    for name in (b"our-qabot", b"http.server.request.duration", b"/login", b"_OTHER", b"qabot.answers", b"generated"):
        assert name in report.body
    for name in (b"qabot.answer.stage.duration", b"retrieve", b"qabot.tokens", b"gpt-4.1-mini", b"qabot.documents"):
        assert name in report.body
    assert b"BREW" not in report.body and b"canary" not in report.body
    assert HEADER not in printed


def test_nothing_is_chosen_where_nothing_is_set():
    environment = Environment({})

    assert (choose_sentry(environment), choose_metrics(environment)) == (None, None)


def test_what_was_chosen_shows_no_key_when_printed():
    environment = Environment(
        {
            "SENTRY_DSN": f"https://{DSN_KEY}@sentry.example/1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={HEADER}",
        }
    )

    assert DSN_KEY not in repr(choose_sentry(environment))
    assert HEADER not in repr(choose_metrics(environment))


def test_headers_that_cannot_be_read_stop_the_start():
    environment = Environment({"OTEL_EXPORTER_OTLP_HEADERS": "just-a-value"})
    choose_metrics(environment)

    with pytest.raises(Exception, match="OTEL_EXPORTER_OTLP_HEADERS must be like name=value"):
        environment.check()
