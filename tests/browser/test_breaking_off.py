"""What a person sees of an answer that breaks off, in a real browser, and how it is asked for again."""

from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from answers.models import Answer, Conversation
from documents.models import Collection
from qabot.provider import ProviderSettings
from tests.browser.conftest import SECONDS, picture, sign_in
from tests.fakes.provider import FakeProvider
from tests.library import index_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

CATS = "A cat sleeps for twelve to sixteen hours a day."
QUESTION = "How long does a cat sleep?"


def test_what_was_written_stays_and_one_click_asks_again(
    open_page: Any, shelf: Collection, alice: Any, settings: LazySettings
):
    index_text(shelf, "cats.txt", CATS)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    with FakeProvider(["cut:3", "ok"]) as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        page.get_by_label("Your question").fill(QUESTION)
        page.keyboard.press("Enter")
        broken = page.locator(".exchange").first
        expect(broken.locator(".answer-text")).to_have_text("A cat sleeps")
        expect(broken).to_contain_text("The connection to the model broke off. This answer is incomplete.")
        picture(watched, "broken-off")
        broken.get_by_role("button", name="Try again").click()
        again = page.locator(".exchange").nth(1)
        expect(again.locator(".answer-text")).to_contain_text("sixteen hours a day")
        expect(page.locator('.exchange[data-status="done"]')).to_have_count(1)  # stored, not only streamed
        expect(again.get_by_role("button", name="Try again")).to_have_count(0)

    assert Conversation.objects.count() == 1
    assert list(Answer.objects.order_by("pk").values_list("question", "status")) == [
        (QUESTION, "interrupted"),
        (QUESTION, "done"),
    ]


def test_without_scripts_one_click_asks_again_too(open_page: Any, shelf: Collection, alice: Any):
    index_text(shelf, "cats.txt", CATS)
    conversation = Conversation.objects.create(owner=alice, title=QUESTION)
    Answer.objects.create(conversation=conversation, question=QUESTION, status="failed")
    watched = open_page(java_script_enabled=False)
    sign_in(watched, alice)

    watched.page.goto(f"/conversations/{conversation.pk}")
    watched.page.get_by_role("button", name="Try again").click()

    expect(watched.page.locator(".answer-text").last).to_contain_text("sixteen hours a day")
