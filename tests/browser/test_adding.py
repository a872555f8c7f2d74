"""Adding documents in a real browser: folders, hundreds of files, what fails, what is cancelled, what waits."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import FilePayload, Page, expect

from documents.models import Document
from tests.browser.conftest import SECONDS, Watched
from tests.browser.conftest import picture as picture
from tests.browser.test_documents import at_documents as at_documents
from tests.browser.test_documents import pictures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

DROP_FOLDER = """(files) => {
  const entry = (name, value) => typeof value === "string"
    ? { name, isFile: true, file: (done) => done(new File([value], name, { type: "text/plain" })) }
    : { name, isDirectory: true, createReader: () => {
        let left = Object.entries(value).map(([inner, held]) => entry(inner, held));
        return { readEntries: (done) => { const some = left.splice(0, 2); done(some); } };
      } };
  const event = new DragEvent("drop", { bubbles: true, cancelable: true });
  const items = Object.entries(files).map(([name, value]) => ({ webkitGetAsEntry: () => entry(name, value) }));
  Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items, files: [] } });
  document.body.dispatchEvent(event);
}"""


def text_files(count: int, start: int = 0) -> list[FilePayload]:
    return [
        {"name": f"note {n}.txt", "mimeType": "text/plain", "buffer": f"Note {n} on cats.".encode()}
        for n in range(start, start + count)
    ]


def chooser(page: Page) -> Any:
    return page.locator("#upload-form input[type=file]")


def test_a_folder_that_is_dropped_brings_its_files_and_nothing_hidden(at_documents: Watched, worker: None):
    page = at_documents.page
    tree = {"reports": {"2025": {"a.txt": "Cats purr.", ".DS_Store": "x"}, "b.txt": "Bees hum.", "~$b.txt": "lock"}}

    page.evaluate(DROP_FOLDER, tree)

    expect(page.locator(".uploads-count")).to_have_text("2 of 2 · 2 hidden files were left out")
    expect(page.locator("tr .badge.ready")).to_have_count(2)
    assert sorted(Document.objects.values_list("name", flat=True)) == ["a.txt", "b.txt"]


def test_a_folder_is_chosen(at_documents: Watched, tmp_path: Path):
    for name in ("one.txt", "inner/two.txt", ".git/config"):
        file = tmp_path / "papers" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Words of {name}.")
    page = at_documents.page
    page.get_by_role("button", name="Add documents").click()

    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose a folder").click()
    choosing.value.set_files(tmp_path / "papers")

    expect(page.locator("tbody tr")).to_have_count(2)
    assert sorted(Document.objects.values_list("name", flat=True)) == ["one.txt", "two.txt"]


def test_kinds_that_are_not_read_are_told_before_they_are_sent_and_sent_all_the_same_to_who_insists(
    at_documents: Watched,
):
    page = at_documents.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    files: list[FilePayload] = [
        {"name": "old.doc", "mimeType": "application/msword", "buffer": b"Only named so."},
        {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + bytes(50)},
    ]

    chooser(page).set_input_files(files)

    expect(page.locator(".upload-error").nth(0)).to_contain_text("old Word file (.doc). Save it as .docx or PDF")
    expect(page.locator(".upload-error").nth(1)).to_contain_text("This is a picture")
    assert sent == []
    pictures(at_documents, "not-read")
    page.get_by_role("button", name="Send it anyway").nth(1).click()
    expect(page.locator(".upload.failed")).to_have_count(2)
    expect(page.get_by_role("button", name="Send it anyway")).to_have_count(1)
    at_documents.forgive("415")
    assert len(sent) == 1


def test_failures_are_counted_shown_with_their_reason_and_tried_again_together(at_documents: Watched):
    page = at_documents.page
    refused: list[str] = []

    def refuse_two(route: Any) -> None:
        if len(refused) == 2:
            return route.fallback()
        refused.append(route.request.url)
        return route.fulfill(status=500, content_type="text/html", body="<h1>Server error</h1>")

    page.route("**/api/documents", refuse_two)

    chooser(page).set_input_files([*text_files(20), *text_files(1, start=9)])

    expect(page.locator(".uploads-count")).to_have_text("19 of 21 · 1 already here · 2 failed")
    expect(page.locator(".upload.failed")).to_have_count(2)
    pictures(at_documents, "failed-uploads")
    page.get_by_role("button", name="Try all failed ones again").click()
    expect(page.locator(".uploads-count")).to_have_text("21 of 21 · 1 already here")
    assert Document.objects.count() == 20
    for _ in refused:
        at_documents.forgive("status of 500")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.locator("#uploads")).to_be_hidden()


def test_a_server_that_takes_nothing_is_not_asked_for_every_file(at_documents: Watched):
    page = at_documents.page
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        body = '{"detail": "The database takes no changes just now: it is full, or read-only.", "code": "x"}'
        route.fulfill(status=503, content_type="application/problem+json", body=body)

    page.route("**/api/documents", refuse)
    chooser(page).set_input_files(text_files(40))

    expect(page.locator(".uploads-count")).to_have_text("0 of 40 · 40 failed")
    expect(page.locator(".upload-error").first).to_contain_text("full, or read-only")
    assert 3 <= len(asked) <= 4
    for _ in asked:
        at_documents.forgive("503")


def test_what_is_not_sent_yet_is_cancelled_and_leaving_meanwhile_warns(at_documents: Watched):
    page = at_documents.page
    held: list[Any] = []
    page.route("**/api/documents", lambda route: held.append(route))
    chooser(page).set_input_files(text_files(40))
    expect(page.locator(".uploads-count")).to_have_text("0 of 40")
    expect(page.locator(".upload")).to_have_count(2)
    pictures(at_documents, "sending")

    warned: list[str] = []

    def stay(dialog: Any) -> None:
        warned.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("setTimeout(() => location.assign('/'))")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Cancel the rest").click()
    expect(page.locator(".uploads-count")).to_have_text("0 of 2")
    for route in held:
        route.fallback()

    expect(page.locator("tbody tr")).to_have_count(2)
    assert warned == ["beforeunload"]


def test_being_offline_pauses_and_being_back_goes_on_by_itself(at_documents: Watched):
    page = at_documents.page
    page.context.set_offline(True)
    chooser(page).set_input_files(text_files(3))
    expect(page.locator(".uploads-count")).to_have_text("0 of 3 · paused: you are offline")
    picture(at_documents, "documents-offline")

    page.context.set_offline(False)

    expect(page.locator("tbody tr")).to_have_count(3)
    assert Document.objects.count() == 3
    # Chromium asks for the icons of what comes into sight, and reports that as any request it could not make.
    at_documents.complaints = [line for line in at_documents.complaints if "INTERNET_DISCONNECTED" not in line]


def test_five_hundred_files_stay_smooth(at_documents: Watched, settings: LazySettings):
    settings.QABOT_RATES = {**settings.QABOT_RATES, "upload": None, "api": None}
    page = at_documents.page
    answer = '{"id": 1, "status": "pending", "duplicate": false, "name": "x"}'
    page.route(
        "**/api/documents", lambda route: route.fulfill(status=201, content_type="application/json", body=answer)
    )
    page.evaluate(
        """() => {
          window.longest = 0;
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
          }).observe({ type: "longtask" });
        }"""
    )

    chooser(page).set_input_files(text_files(500))
    expect(page.locator(".uploads-count")).to_have_text("500 of 500")

    print(f"\nlongest task while 500 files were sent: {page.evaluate('window.longest'):.0f} ms")
    assert page.locator(".upload").count() <= 2
