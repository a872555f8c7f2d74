"""Every file of the ingest set, through sniffing and the guarded child, meets what its manifest expects."""

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from documents.parsing.content import ParsedPage, ParsingError
from documents.parsing.guard import Limits, parse_guarded
from documents.parsing.media_types import sniff

INGEST = Path(settings.BASE_DIR).parent / "shared" / "data" / "ingest"
FILINGS = INGEST.parent / "financebench"
CODES = {
    "reject:encrypted": {"encrypted"},
    "reject:corrupt": {"corrupt"},
    "reject:empty": {"empty"},
    "reject:unsupported": {"unsupported"},
    "no_text_layer": {"no_text"},
    "legacy": {"", "unsupported"},
    "text": {""},
    "survive": {"", "corrupt", "no_text", "encrypted", "parser_failed", "unsupported", "too_large"},
}


def rows() -> list[Any]:
    manifest = INGEST / "manifest.jsonl"
    if not manifest.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the ingest set is not beside the repository"))]
    parsed = (json.loads(line) for line in manifest.read_text("utf-8").splitlines())
    return [pytest.param(row, id=row["file"]) for row in parsed]


def read(content: bytes, name: str) -> tuple[str, list[ParsedPage]]:
    """(error code, or an empty string; the pages that came)."""
    pages: list[ParsedPage] = []
    try:
        for _, page in parse_guarded(content, sniff(content, name), Limits()):
            pages.append(page)
    except ParsingError as error:
        assert str(error).endswith(".")
        return error.code, pages
    return "", pages


def normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def holds(pages: Iterable[ParsedPage], wanted: dict[str, Any]) -> bool:
    return any(
        normal(wanted["phrase"]) in normal(page.text)
        for page in pages
        if wanted.get("page", page.number) == page.number and wanted.get("part", page.label) == page.label
    )


@pytest.mark.parametrize("row", rows())
def test_a_file_of_the_ingest_set_meets_its_expectation(row):
    code, pages = read((INGEST / row["file"]).read_bytes(), row["file"])

    assert code in CODES[row["expect"]]
    assert [wanted for wanted in row.get("must_contain", []) if not holds(pages, wanted)] == []
    text = normal("\n".join(page.text for page in pages))
    assert [phrase for phrase in row.get("must_not_contain", []) if normal(phrase) in text] == []
    if row["expect"] == "text" and "pages" in row:
        assert [page.number for page in pages] == list(range(1, row["pages"] + 1))
    for page in pages:
        assert all(page.text[h.start : h.start + len(h.text)] == h.text for h in page.headings)
        assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in page.text)


def test_every_filing_is_read_page_by_page_with_its_words(shared_data):
    gold: dict[str, dict[int, str]] = {}
    for line in (FILINGS / "passages.jsonl").read_text("utf-8").splitlines():
        passage = json.loads(line)
        gold.setdefault(passage["doc_id"], {})[passage["page"]] = passage["text"]

    for name, passages in gold.items():
        pages = [page for _, page in parse_guarded(
            (FILINGS / "pdfs" / f"{name}.pdf").read_bytes(), "application/pdf", Limits()
        )]  # fmt: skip

        assert [page.number for page in pages] == list(range(1, max(passages) + 1))
        words = {page.number: set(page.text.split()) for page in pages}
        wanted = [(number, word) for number, text in passages.items() for word in text.split()]
        found = sum(1 for number, word in wanted if word in words[number])
        assert found / len(wanted) > 0.98, name
