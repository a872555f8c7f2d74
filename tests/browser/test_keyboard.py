"""From signing in to signing out with keys alone: focus is always seen, and comes back to where it was."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from documents.models import Collection, Document
from tests.browser.conftest import SECONDS, sign_in
from tests.library import index_text, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

LEAVE = "How many days of paid annual leave does an employee get?"
MOST_TABS = 80  # to whatever is looked for; more is a trap, or a page nobody gets through
# An outline, or a ring around what holds the field: something is drawn that was not there before.
SEEN = """() => {
  const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const drawn = (style) => outlined(style) || style.boxShadow !== "none";
  let element = document.activeElement;
  if (!element || element === document.body) return "nothing has the focus";
  const name = element.outerHTML.slice(0, 120);
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return `not visible: ${name}`;
  for (let up = 0; element && up < 4; up += 1, element = element.parentElement) {
    if (drawn(getComputedStyle(element))) return "";
  }
  return `no ring: ${name}`;
}"""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until what the selector names has the focus; each stop on the way has to be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            continue  # the browser's own bar, between the end and the beginning
        unseen = page.evaluate(SEEN)
        assert unseen == "", unseen
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{MOST_TABS} presses of Tab do not reach {wanted}")


def sign_in_by_keys(page: Page) -> None:
    page.goto("/login")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("alice")
    tab_to(page, "input[type=password]")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")


def ask_by_keys(page: Page) -> None:
    question = page.get_by_label("Your question")
    expect(question).to_be_visible()
    page.wait_for_load_state()  # its scripts listen by then
    if not question.evaluate("field => field === document.activeElement"):
        page.keyboard.press("/")
    expect(question).to_be_focused()
    page.keyboard.type(LEAVE)
    page.keyboard.press("Enter")
    expect(page.locator(".exchange[data-answer]")).to_contain_text("28 days")


def open_the_source_and_its_page_by_keys(page: Page, document: Document) -> None:
    page.evaluate("() => document.activeElement.blur()")
    tab_to(page, ".exchange a.citation")
    page.keyboard.press("Enter")
    expect(page.locator("#source #quote")).to_be_visible()
    tab_to(page, "#source a[href*='/pages/']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/documents/{document.pk}/pages/1"))
    expect(page.locator("#quote, .quote-box").first).to_be_visible()
    page.go_back()  # Alt + Left, which belongs to the browser
    expect(page.locator(".exchange[data-answer]")).to_contain_text("28 days")


def delete_by_keys(page: Page, document: Document) -> None:
    page.goto("/documents")
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    tab_to(page, f"#document-{document.pk} a.delete")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#document-{document.pk} a.delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(page, "dialog button.danger")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="was deleted")).to_be_visible()


def look_at_the_help_by_keys(page: Page) -> None:
    page.wait_for_load_state()  # its scripts listen by then
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def sign_out_by_keys(page: Page) -> None:
    page.wait_for_load_state()  # its scripts listen by then
    tab_to(page, "header .who")
    page.keyboard.press("Enter")
    expect(page.locator("#account-menu :focus")).to_be_visible()  # focus goes in a moment after the menu is there
    page.keyboard.press("End")
    expect(page.locator("#account-menu").get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_whole_visit_with_keys_alone(open_page: Any, shelf: Collection):
    document = index_text(shelf, "handbook.txt", "Every employee is entitled to 28 days of paid annual leave.")
    make_user("alice")
    page = open_page().page

    sign_in_by_keys(page)
    ask_by_keys(page)
    open_the_source_and_its_page_by_keys(page, document)
    delete_by_keys(page, document)
    assert not Document.objects.exists()
    look_at_the_help_by_keys(page)
    sign_out_by_keys(page)


def test_a_source_that_was_opened_by_a_key_gives_the_focus_back(open_page: Any, shelf: Collection, alice: Any):
    index_text(shelf, "handbook.txt", "Every employee is entitled to 28 days of paid annual leave.")
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.get_by_label("Your question").fill(LEAVE)
    page.keyboard.press("Enter")
    expect(page.locator(".exchange[data-answer]")).to_contain_text("28 days")

    page.locator("a.citation").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source #quote")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#source")).to_be_hidden()
    expect(page.locator("a.citation").first).to_be_focused()
