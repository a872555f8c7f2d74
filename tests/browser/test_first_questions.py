"""Before the first question, in a real browser: suggestions from the documents, and the sample documents."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from documents.models import Document
from tests.browser.conftest import PHONE, SECONDS, picture, sign_in
from tests.browser.test_conversation import HANDBOOK, field
from tests.library import index_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def test_a_suggested_question_is_asked_by_a_click(open_page, alice, shelf):
    index_text(shelf, "handbook.md", HANDBOOK)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    picture(watched, "conversation-welcome")
    page.emulate_media(color_scheme="dark")
    picture(watched, "conversation-welcome-dark")
    page.set_viewport_size(PHONE)
    picture(watched, "conversation-welcome-phone")

    page.get_by_role("button", name="What does “Annual leave of employees” say?").click()

    expect(page.locator(".exchange[data-answer] .answer")).to_contain_text("28 days")
    expect(page.locator("#welcome")).to_have_count(0)
    expect(field(watched)).to_be_focused()


def test_a_suggested_question_is_asked_without_javascript(open_page, alice, shelf):
    index_text(shelf, "handbook.md", HANDBOOK)
    watched = open_page(java_script_enabled=False)
    sign_in(watched, alice)

    watched.page.get_by_role("button", name="What does “Annual leave of employees” say?").click()

    expect(watched.page.locator(".exchange .answer")).to_contain_text("28 days")


def test_the_samples_of_a_first_start_are_added_and_their_questions_work(open_page, worker, alice):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    picture(watched, "conversation-first-start")
    page.set_viewport_size(PHONE)
    picture(watched, "conversation-first-start-phone")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("button", name="Add the sample documents").click()
    expect(page.get_by_text("4 sample documents were added.")).to_be_visible()
    picture(watched, "conversation-samples-waiting")
    expect(page.locator(".suggestion")).to_have_count(4)
    expect(page.get_by_text("4 documents can be asked about.")).to_be_visible()
    picture(watched, "conversation-samples-ready")
    page.get_by_role("button", name="How long may I work from abroad?").click()

    expect(page.locator(".exchange[data-answer] .answer")).to_contain_text("20 working days")
    picture(watched, "conversation-samples-asked")
    assert Document.objects.filter(status="ready").count() == 4
