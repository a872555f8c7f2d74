"""The frame of the ask page in a real browser: composer, conversations, suggestions, samples, help, long ones."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from answers.models import Answer, AnswerStatus, Conversation, Mode
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.library import index_text, make_collection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

LEAVE = "How many days of paid annual leave does an employee get?"
HANDBOOK = """# Employee handbook

## Annual leave of employees

Every employee is entitled to 28 days of paid annual leave per calendar year.

## Working from abroad

Working from abroad is possible for up to 20 working days per year.
"""


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def conversation(owner: Any, title: str, *, days_ago: float = 0, answers: int = 0) -> Conversation:
    made = Conversation.objects.create(owner=owner, title=title)
    for number in range(1, answers + 1):
        text = f"Answer {number}. " + "It is said in a few more words, so that there is something to scroll. " * 4
        done = {"status": AnswerStatus.DONE, "mode": Mode.GENERATED, "model": "a model"}
        Answer.objects.create(conversation=made, question=f"Question {number}?", text=text, **done)
    Conversation.objects.filter(pk=made.pk).update(updated_at=timezone.now() - timedelta(days=days_ago))
    return made


def field(watched: Watched) -> Any:
    return watched.page.get_by_label("Your question")


def paste(watched: Watched, text: str) -> None:
    field(watched).evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )


# The composer


def test_the_field_grows_to_two_fifths_of_the_height_and_keeps_lines(open_page, alice, shelf):
    watched = open_page()
    sign_in(watched, alice)
    height = "field => field.getBoundingClientRect().height"
    one_line = field(watched).evaluate(height)

    for _ in range(3):
        watched.page.keyboard.type("A line.")
        watched.page.keyboard.press("Shift+Enter")
    assert field(watched).input_value() == "A line.\n" * 3
    assert field(watched).evaluate(height) > 2 * one_line
    paste(watched, "A line.\n" * 60)

    assert 0.36 * 800 < field(watched).evaluate(height) <= 0.4 * 800 + 1
    assert not Answer.objects.exists()


def test_a_draft_outlives_a_reload_in_its_own_conversation(open_page, alice, shelf):
    other = conversation(alice, "On cats", answers=1)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    field(watched).fill("Half a quest")
    page.reload()
    expect(field(watched)).to_have_value("Half a quest")
    page.goto(f"/conversations/{other.pk}")
    expect(field(watched)).to_have_value("")
    page.goto("/")
    expect(field(watched)).to_have_value("Half a quest")
    page.get_by_role("button", name="alice: your account").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(watched, type(alice).objects.create_user("bob"))
    expect(field(watched)).to_have_value("")


def test_a_question_that_is_too_long_is_told_before_it_is_sent(open_page, alice, shelf, settings):
    settings.QABOT_MAX_QUESTION_CHARACTERS = 2000
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    paste(watched, "x" * 1700)
    expect(page.locator(".composer-count")).to_have_text("")
    paste(watched, "🐈" * 1999)
    expect(page.locator(".composer-count")).to_have_text("1 character left")
    paste(watched, "x" * 5000)
    expect(page.locator(".composer-count")).to_have_text("3,000 characters too many: shorten the question to ask it.")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask", exact=True).click(force=True)
    picture(watched, "conversation-too-long")

    assert len(field(watched).input_value()) == 5000
    assert not Answer.objects.exists()


def test_escape_in_the_field_stops_the_answer_and_nothing_else(open_page, alice, shelf, model):
    index_text(shelf, "handbook.md", HANDBOOK)
    model.mode = "trickle"
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    field(watched).fill(LEAVE)
    page.keyboard.press("Enter")
    expect(page.locator(".streaming .answer-text")).to_have_text(re.compile(r"\S"))
    expect(field(watched)).to_be_focused()
    page.keyboard.type("My next one")
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(field(watched)).to_have_value("My next one")
    page.reload()
    expect(field(watched)).to_have_value("My next one")


def test_without_a_connection_the_page_says_so(open_page, alice, shelf):
    watched = open_page()
    sign_in(watched, alice)
    line = watched.page.get_by_text("You are offline.")

    watched.page.context.set_offline(True)
    expect(line).to_be_visible()
    picture(watched, "conversation-offline")
    watched.page.context.set_offline(False)

    expect(line).to_be_hidden()
    # The browser may have been about to fetch the site's icon.
    watched.complaints[:] = [complaint for complaint in watched.complaints if "DISCONNECTED" not in complaint]


def test_the_collection_that_was_asked_is_chosen_when_the_conversation_is_opened_again(open_page, alice, shelf):
    index_text(make_collection("reports"), "handbook.md", HANDBOOK)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    page.get_by_label("Ask in").select_option("reports")
    field(watched).fill(LEAVE)
    page.keyboard.press("Enter")
    expect(page.locator(".exchange[data-answer]")).to_contain_text("28 days")
    page.reload()

    expect(page.get_by_label("Ask in")).to_have_value("reports")


# Conversations


def test_conversations_are_searched_renamed_and_deleted(open_page, alice, shelf):
    for number in range(40):
        conversation(alice, f"About tea {number}", days_ago=number / 3)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    rows = page.locator("#sidebar .conversation-row")
    expect(rows).to_have_count(30)
    picture(watched, "conversation-list")

    page.get_by_role("link", name="Show older").click()
    expect(rows).to_have_count(40)
    expect(page.locator("#sidebar [data-group]")).to_have_count(3)
    expect(rows.nth(30).get_by_role("link").first).to_be_focused()

    page.get_by_label("Search conversations").fill("tea 39")
    expect(rows).to_have_count(1)
    rows.first.hover()
    rows.first.get_by_role("button").click()
    picture(watched, "conversation-menu")
    page.get_by_role("link", name="Rename").click()
    expect(page.get_by_label("Title")).to_be_focused()
    picture(watched, "conversation-rename")
    page.get_by_label("Title").fill("About tea 39 and coffee")
    page.keyboard.press("Enter")
    expect(rows).to_have_text(re.compile("About tea 39 and coffee"))
    expect(rows.first.get_by_role("button")).to_be_focused()

    rows.first.get_by_role("button").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("link", name="Keep it")).to_be_focused()
    picture(watched, "conversation-delete")
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator("#sidebar")).to_contain_text("No conversation mentions “tea 39”.")
    assert Conversation.objects.count() == 39


def test_the_conversation_at_hand_is_marked_and_leaves_the_page_when_it_is_deleted(open_page, alice, shelf):
    index_text(shelf, "handbook.md", HANDBOOK)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)

    field(watched).fill(LEAVE)
    page.keyboard.press("Enter")
    current = page.locator('#sidebar a[aria-current="page"]')
    expect(current).to_have_text(LEAVE)
    expect(page.locator(".exchange[data-answer]")).to_be_visible()
    page.locator("#sidebar .row-more").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Delete")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar .row-more")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete it").click()

    expect(page).to_have_url(watched.base_url + "/")
    assert not Conversation.objects.exists()


def test_on_a_phone_the_conversations_are_a_drawer_that_holds_the_focus(open_page, alice, shelf):
    conversation(alice, "About tea", answers=1)
    watched = open_page(viewport=PHONE, has_touch=True)
    page = watched.page
    sign_in(watched, alice)
    opener = page.get_by_role("button", name="Conversations and collections")

    opener.click()
    expect(page.get_by_role("link", name="New conversation")).to_be_focused()
    picture(watched, "conversation-drawer")
    page.locator("#sidebar .row-more").click()
    expect(page.get_by_role("link", name="Rename")).to_be_visible()
    picture(watched, "conversation-drawer-menu")
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(opener).to_be_focused()

    opener.click()
    page.locator("#sidebar .row-more").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Keep it").click()
    expect(opener).to_be_focused()
    page.set_viewport_size({"width": 320, "height": 640})
    opener.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_conversations_are_renamed_and_deleted_without_javascript(open_page, alice, shelf):
    for number in range(35):
        conversation(alice, f"About tea {number}", days_ago=number)
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in(watched, alice)

    page.get_by_role("link", name="Conversations", exact=True).click()
    picture(watched, "conversations-page")
    page.get_by_role("link", name="Show older").click()
    expect(page.locator(".conversation-row")).to_have_count(5)
    page.get_by_label("Words of a title or a question").fill("tea 34")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="rename or delete").click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Title").fill("About coffee")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="About coffee", level=1)).to_be_attached()
    page.goto("/conversations?search=coffee")
    page.get_by_role("button", name="rename or delete").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()

    expect(page.get_by_text("“About coffee” was deleted.")).to_be_visible()


# A long conversation


def test_a_conversation_of_45_answers_is_shown_in_stretches_and_nothing_jumps(open_page, alice, shelf):
    long = conversation(alice, "A long one", answers=45)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(f"/conversations/{long.pk}")
    shown = page.locator(".exchange")
    expect(shown).to_have_count(20)
    expect(page.get_by_role("heading", name="Question 45?")).to_be_in_viewport()

    first = page.get_by_role("heading", name="Question 26?")
    first.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 0)")
    picture(watched, "conversation-long")
    before = first.bounding_box()
    page.get_by_role("link", name="Show earlier answers, 25 in all").click()
    expect(shown).to_have_count(40)
    after = first.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 2
    expect(page.get_by_role("heading", name="Question 25?")).to_be_focused()
    page.get_by_role("link", name="Show earlier answers, 5 in all").click()
    expect(shown).to_have_count(45)
    expect(page.get_by_role("link", name="Show earlier")).to_have_count(0)

    page.goto(f"/answers/{long.answers.order_by('pk')[2].pk}")
    expect(page.get_by_role("heading", name="Question 3?")).to_be_in_viewport()
    index_text(shelf, "handbook.md", HANDBOOK)
    field(watched).fill(LEAVE)
    page.keyboard.press("Enter")
    expect(shown.last).to_contain_text("28 days")
    expect(shown.nth(-2)).to_contain_text("Question 45?")
