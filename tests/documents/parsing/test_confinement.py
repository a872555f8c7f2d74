"""A parser that a file took over, on the platforms that can confine it: nothing to reach, nothing to fill."""

import json
import os
import sys

import pytest

from documents.parsing.content import FileTooLarge, ParsedPage, ParserFailed
from documents.parsing.guard import Limits, stream_pages
from documents.parsing.landlock import leave_files
from documents.parsing.wire import take

HOSTILE = "tests.documents.parsing.hostile_child"
CANARY = "canary-8a6f2c"

linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"),
    reason="only Linux on x86-64 and ARM64 refuses a process system calls",
)


def pages_of(parser: str, content: bytes = b"x", limits: Limits = Limits()) -> list[ParsedPage]:  # noqa: B008 -- frozen
    return [page for _, page in stream_pages(HOSTILE, content, f"test/{parser}", limits)]


@linux
def test_a_parser_reaches_neither_the_network_nor_processes_nor_files(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", CANARY)
    (tmp_path / "there").write_text(CANARY)

    [page] = pages_of("reach_out", str(tmp_path).encode())

    got = dict(line.split(": ", 1) for line in page.text.split("\n"))
    assert len(got) == 22
    assert got.pop("a name") == "no name"
    assert set(got.values()) == {"refused"}, got
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@linux
def test_a_parser_still_has_what_parsers_need():
    assert [page.text for page in pages_of("go_on_as_usual")] == ["thread colorsys µ"]


@linux
def test_a_fork_bomb_fails_the_file_at_its_first_fork():
    with pytest.raises(ParserFailed, match="PermissionError"):
        pages_of("fork_bomb")


def test_a_flood_of_pages_ends_where_a_document_does():
    with pytest.raises(FileTooLarge, match="more text than can be read"):
        pages_of("flood_with_pages", limits=Limits(max_pages=2000))


def test_a_flood_of_anything_else_is_no_page():
    with pytest.raises(ParserFailed):
        pages_of("flood_with_noise")


PAGE = {"number": 1, "label": "", "text": "x", "headings": [], "about": ""}


@pytest.mark.parametrize(
    "forged",
    [
        ["page", {"total": 1, "page": {**PAGE, "text": "NUL \0"}}],
        ["page", {"total": 1, "page": {**PAGE, "text": "surrogate \ud800"}}],
        ["page", {"total": 1, "page": {**PAGE, "text": ["no", "text"]}}],
        ["page", {"total": 1, "page": {**PAGE, "label": 7}}],
        ["page", {"total": 1, "page": {**PAGE, "number": "1"}}],
        ["page", {"total": 1, "page": {**PAGE, "number": True}}],
        ["page", {"total": 2**63, "page": PAGE}],
        ["page", {"total": 1, "page": {**PAGE, "headings": [{"start": -1, "level": 1, "text": "x"}]}}],
        ["page", {"total": 1, "page": {**PAGE, "headings": [7]}}],
        ["page", {"total": 1, "page": {**PAGE, "more": 1}}],
        ["page", {"total": 1}],
        ["error", {"code": "corrupt", "message": None, "detail": ""}],
        ["done", {"pages": 1, "not_confined": "a line\nand another"}],
        ["nothing", {}],
        [[]],
        7,
    ],
    ids=str,
)
def test_only_what_a_page_may_hold_comes_through(forged):
    line = json.dumps(forged).encode()

    with pytest.raises(ParserFailed):
        take(bytearray(len(line).to_bytes(4, "big") + line))


def test_a_record_nested_without_end_is_no_page():
    line = b'["page", ' + b"[" * 200_000

    with pytest.raises(ParserFailed):
        take(bytearray(len(line).to_bytes(4, "big") + line))


def test_where_files_cannot_be_closed_it_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert not leave_files(["/"])
