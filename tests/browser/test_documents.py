"""The list of documents in a real browser: many files at once, many rows at once, and every state a row can be in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from documents.models import Collection, Document, Worker
from documents.vital_signs import read_database_bytes
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.library import index_text, make_collection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

FITS = "document.documentElement.scrollWidth <= innerWidth"
ARABIC = "دليل الموظفين للعام 2026.pdf"


def rows(shelf: Collection, count: int, uploader: Any = None, **more: Any) -> list[Document]:
    filled = {"media_type": "text/plain", "size_bytes": 48_213, "status": "ready", "chunks_total": 9, **more}
    made = [
        Document(collection=shelf, name=f"Minutes of week {n}.txt", sha256=uuid4().hex * 2, pages_total=n, **filled)
        for n in range(1, count + 1)
    ]
    return Document.objects.bulk_create(made)


def every_state(shelf: Collection) -> None:
    held = {"lease_until": timezone.now() + timedelta(days=1), "lease_token": uuid4()}
    common = {"collection": shelf, "media_type": "application/pdf", "size_bytes": 2_400_000}
    states: list[dict[str, Any]] = [
        {"name": "Waiting.pdf"},
        {"name": "Read.pdf", "status": "processing", "stage": "parsing", "pages_done": 30, "pages_total": 240, **held},
        {
            "name": "Embedded.pdf",
            "status": "processing",
            "stage": "embedding",
            "pages_done": 240,
            "pages_total": 240,
            "chunks_done": 700,
            "chunks_total": 1020,
            **held,
        },
        {
            "name": "Scanned contract.pdf",
            "status": "failed",
            "error": "No text was found in this file. If it is a scan, run text recognition (OCR) on it first.",
        },
        {
            "name": "Harmful.pdf",
            "status": "ready",
            "chunks_total": 4,
            "pages_total": 2,
            "quarantined_at": timezone.now(),
            "quarantine_reason": "It gives orders to whoever reads it.",
        },
        {"name": "n" * 251 + ".pdf", "status": "ready", "chunks_total": 1, "pages_total": 1},
        {"name": ARABIC, "status": "ready", "chunks_total": 1, "pages_total": 12},
    ]
    for state in states:
        Document.objects.create(sha256=uuid4().hex * 2, **{**common, **state})


def pictures(watched: Watched, name: str) -> None:
    """Wide and on a phone, light and dark."""
    for viewport, size in (({"width": 1280, "height": 800}, "wide"), (PHONE, "phone")):
        watched.page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert watched.page.evaluate(FITS), (name, size)
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme)
            picture(watched, f"documents-{name}-{size}-{scheme}")
    watched.page.set_viewport_size({"width": 1280, "height": 800})


@pytest.fixture
def at_documents(open_page: Callable[..., Watched], alice: Any) -> Watched:
    watched = open_page()
    sign_in(watched, alice)
    watched.page.goto("/documents")
    return watched


def test_every_state_of_a_row_is_seen_at_every_width_and_in_both_colours(
    at_documents: Watched, shelf: Collection, settings: LazySettings
):
    settings.DATABASE_PLAN_BYTES = 1_000_000_000
    cache.clear()
    make_collection("a-second-collection-with-a-rather-long-name")
    every_state(shelf)
    rows(shelf, 30)
    page = at_documents.page
    page.goto("/documents?sort=status")
    pictures(at_documents, "states")
    page.locator(".tick").nth(3).check()
    page.locator(".tick").nth(4).check()
    pictures(at_documents, "ticked")
    for width in (320, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(FITS), width
        picture(at_documents, f"documents-{width}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(FITS)
    picture(at_documents, "documents-rtl")


def test_an_empty_list_leads_to_adding_and_a_list_without_matches_to_all(at_documents: Watched, shelf: Collection):
    page = at_documents.page
    pictures(at_documents, "empty")
    page.get_by_role("button", name="Add documents").click()
    expect(page.get_by_role("button", name="Choose a folder")).to_be_visible()
    pictures(at_documents, "adding")
    page.keyboard.press("Escape")
    rows(shelf, 3)
    page.goto("/documents?search=zebra")
    pictures(at_documents, "no-match")
    page.get_by_role("link", name="Show all documents").click()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_heads_sort_by_a_link_and_say_so(at_documents: Watched, shelf: Collection):
    rows(shelf, 30)
    page = at_documents.page
    page.goto("/documents?search=minutes")

    page.get_by_role("link", name="Pages", exact=True).click()

    expect(page.get_by_role("columnheader", name="Pages")).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".document-name").first).to_have_text("Minutes of week 30.txt")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".document-name").last).to_have_text("Minutes of week 1.txt")
    assert "search=minutes" in page.url


def test_ticked_documents_are_deleted_after_a_question_that_counts_them(at_documents: Watched, shelf: Collection):
    rows(shelf, 30)
    page = at_documents.page
    page.goto("/documents")
    expect(page.locator(".selection-bar")).to_be_hidden()

    page.get_by_label("Choose all on this page").check()
    expect(page.locator(".selection-count")).to_have_text("25 documents chosen")
    page.keyboard.press("Escape")
    expect(page.locator(".selection-bar")).to_be_hidden()
    page.get_by_label("Choose Minutes of week 30.txt").check()
    page.locator(".selection-actions").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 1 document?")
    expect(dialog.get_by_role("link", name="Keep them")).to_be_focused()
    picture(at_documents, "documents-question-one")
    page.keyboard.press("Escape")
    assert Document.objects.count() == 30

    page.get_by_label("All 30").check()
    page.locator(".selection-actions").get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("Delete 30 documents?")
    pictures(at_documents, "question")
    dialog.get_by_role("button", name="Delete them").click()
    expect(page.get_by_role("status").filter(has_text="30 documents were deleted.")).to_be_visible()
    assert not Document.objects.exists()


def test_documents_are_moved_to_another_collection(at_documents: Watched, shelf: Collection):
    archive = make_collection("archive")
    index_text(shelf, "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    index_text(archive, "same cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    moved = index_text(shelf, "bees.txt", "Bees make honey from nectar.")
    page = at_documents.page
    page.goto("/documents?collection=documents")

    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Move").click()
    page.get_by_label("Move to").select_option("archive")
    pictures(at_documents, "move")
    page.get_by_role("button", name="Move them").click()

    expect(page.locator(".messages")).to_contain_text("1 document was moved.")
    expect(page.locator(".messages")).to_contain_text("1 document stayed where it is")
    picture(at_documents, "documents-moved")
    assert Document.objects.get(pk=moved.pk).collection == archive


def test_two_thousand_rows_are_paged_and_all_of_them_chosen(at_documents: Watched, shelf: Collection):
    rows(shelf, 2000)
    page = at_documents.page
    page.goto("/documents")

    expect(page.locator(".paging")).to_contain_text("Page 1 of 80")
    page.get_by_label("Choose all on this page").check()
    page.get_by_label("All 2,000").check()
    page.locator(".selection-actions").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete them").click()

    expect(page.get_by_role("status").filter(has_text="2,000 documents were deleted.")).to_be_visible(timeout=120_000)
    assert not Document.objects.exists()


def test_a_worker_that_is_missed_and_a_database_that_is_nearly_full_are_told(
    at_documents: Watched, shelf: Collection, settings: LazySettings
):
    settings.DATABASE_PLAN_BYTES = int(read_database_bytes() / 0.9)
    cache.clear()
    Worker.objects.create(name="w", seen_at=timezone.now() - timedelta(hours=2))
    rows(shelf, 2)
    page = at_documents.page
    page.goto("/documents")

    expect(page.get_by_text("Documents are not being indexed just now")).to_be_visible()
    expect(page.get_by_text("Nearly full")).to_be_visible()
    pictures(at_documents, "nearly-full")
    cache.clear()


def test_without_javascript_ticks_questions_and_moves_work_by_forms(
    open_page: Callable[..., Watched], alice: Any, shelf: Collection
):
    archive = make_collection("archive")
    rows(shelf, 3)
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in(watched, alice)
    page.goto("/documents")
    expect(page.locator(".selection-bar")).to_be_hidden()

    page.get_by_label("Choose Minutes of week 1.txt").check()
    picture(watched, "documents-no-javascript")
    page.get_by_role("button", name="Move").click()
    page.get_by_label("Move to").select_option("archive")
    page.get_by_role("button", name="Move them").click()
    assert archive.documents.count() == 1
    page.get_by_label("Choose Minutes of week 2.txt").check()
    page.locator(".selection-actions").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete 1 document?")).to_be_visible()
    picture(watched, "documents-question-no-javascript")
    page.get_by_role("button", name="Delete them").click()
    assert Document.objects.count() == 2
