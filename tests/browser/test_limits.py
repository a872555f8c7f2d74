"""What a person sees who comes too often, in a real browser."""

from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from documents.models import Collection, Document
from tests.browser.conftest import PHONE, SECONDS, picture, sign_in
from tests.library import index_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

DAY = 86_400  # seconds: no test sees the end of its window
REFUSED = "status of 429"


def limit(settings: LazySettings, group: str, count: int) -> None:
    settings.QABOT_RATES = {**settings.QABOT_RATES, group: (count, DAY)}


def test_a_question_too_many_comes_back_to_be_asked_again(
    open_page: Any, shelf: Collection, alice: Any, settings: LazySettings
):
    index_text(shelf, "cats.txt", "A cat sleeps for twelve to sixteen hours a day.")
    limit(settings, "ask", 1)
    watched = open_page(viewport=PHONE)
    page = watched.page
    sign_in(watched, alice)
    question = page.get_by_label("Your question")

    for text in ("How long does a cat sleep?", "And how long does a kitten sleep?"):
        question.fill(text)
        page.keyboard.press("Enter")
        expect(page.locator(".stop-button")).to_be_hidden()

    expect(page.locator(".failure-text").last).to_contain_text("Too many questions in a short time. Try again in")
    expect(question).to_have_value("And how long does a kitten sleep?")
    picture(watched, "limits-asked-too-often")
    watched.forgive(REFUSED)


def test_files_beyond_the_limit_wait_and_go_on_by_themselves(
    open_page: Any, shelf: Collection, alice: Any, settings: LazySettings
):
    limit(settings, "upload", 1)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.clock.install()
    page.goto("/documents")
    files: Any = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": f"Cat {n}".encode()} for n in range(2)]

    page.locator("#upload-form input[type=file]").first.set_input_files(files)
    expect(page.get_by_text("Goes on in")).to_be_visible()
    picture(watched, "limits-upload-waits")
    settings.QABOT_RATES = {**settings.QABOT_RATES, "upload": None}
    page.clock.fast_forward(DAY * 1000)

    expect(page.locator(".upload")).to_have_count(0)
    assert Document.objects.count() == 2
    watched.forgive(REFUSED)
