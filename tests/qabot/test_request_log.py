"""One line a request, as a dyno prints it: a real gunicorn with the project's configuration."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.qabot.test_gunicorn import Server

TOKEN = "abc-token-canary-0123456789"
LOOKED_FOR = "what-was-looked-for"


@pytest.fixture(scope="module")
def lines(collected_static: None) -> Iterator[list[dict[str, Any]]]:
    server = Server()
    try:
        server.wait()
        server.send("X-Request-Id: router-1", f"/login?next={LOOKED_FOR}")
        server.send(
            "X-Request-Id: router-2\r\nReferer: https://x.example/?q=what-was-looked-for", f"/signin/MQ/{TOKEN}"
        )
        server.send("X-Request-Id: router-3", "/healthz")
        server.send("X-Request-Id: router-4", "/no/such/page")
    finally:
        printed = server.end()
    yield [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def request_line(lines: list[dict[str, Any]], request_id: str) -> dict[str, Any]:
    [line] = [each for each in lines if each.get("request_id") == request_id and each["message"] == "request"]
    return line


def test_a_line_tells_what_the_routers_line_does_not(lines: list[dict[str, Any]]):
    line = request_line(lines, "router-1")

    assert line["bytes"] > 1_000
    assert 0 < line["ms"] < 60_000
    del line["bytes"], line["ms"], line["time"]
    assert line == {
        "level": "INFO",
        "logger": "gunicorn.access",
        "message": "request",
        "method": "GET",
        "route": "/login",
        "status": 200,
        "request_id": "router-1",
    }


def test_a_link_that_signs_in_and_what_was_looked_for_are_in_no_line(lines: list[dict[str, Any]]):
    assert request_line(lines, "router-2")["route"] == "/signin/<str:person>/<str:token>"
    assert TOKEN not in json.dumps(lines)
    assert LOOKED_FOR not in json.dumps(lines)


def test_monitors_make_no_noise(lines: list[dict[str, Any]]):
    assert request_line(lines, "router-3")["level"] == "DEBUG"


def test_what_is_no_route_is_told_by_its_path(lines: list[dict[str, Any]]):
    line = request_line(lines, "router-4")

    assert (line["path"], line["status"], "route" in line) == ("/no/such/page", 404, False)
