"""With scripts switched off everything is slower, not broken: forms post, links lead somewhere, details open."""

from typing import Any

import pytest
from playwright.sync_api import expect

from answers.models import Answer, Feedback
from documents.models import Document
from tests.browser.conftest import PHONE, SECONDS, WIDE, picture
from tests.small_pdf import make_pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

HANDBOOK = make_pdf([["Employee handbook"], ["Every employee is entitled to 28 days of paid annual leave per year."]])
LEAVE = "How many days of paid annual leave does an employee get?"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_whole_visit_without_scripts(viewport: Any, open_page: Any, alice: Any):
    watched = open_page(viewport=viewport, java_script_enabled=False)
    page = watched.page

    page.goto("/login")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.locator("#upload-form input[type=file]").set_input_files(
        {"name": "handbook.pdf", "mimeType": "application/pdf", "buffer": HANDBOOK}
    )
    page.locator("#upload-form").get_by_role("button", name="Upload").click()
    expect(page.locator(".message").first).to_contain_text("was added")
    expect(page.locator("tr .badge.ready")).to_be_visible()  # the page looks again by itself
    picture(watched, f"no-script-documents-{viewport['width']}")

    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_label("Your question").fill(LEAVE)
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.locator(".exchange[data-answer]")
    expect(answer).to_contain_text("28 days")
    picture(watched, f"no-script-answer-{viewport['width']}")
    answer.get_by_role("button", name="This helped").click()
    expect(page.locator(".exchange[data-answer]")).to_contain_text("28 days")
    assert Feedback.objects.get().helpful

    page.locator("a.citation").first.click()
    expect(page.locator("#quote")).to_contain_text("28 days")
    page.get_by_role("link", name="Back to the answer").click()
    expect(page).to_have_url(
        f"{watched.base_url}/conversations/{Answer.objects.get().conversation_id}#answer-{Answer.objects.get().pk}"
    )

    page.goto("/documents")
    page.get_by_role("link", name="Delete handbook.pdf").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".message").first).to_contain_text("was deleted")
    assert not Document.objects.exists()
