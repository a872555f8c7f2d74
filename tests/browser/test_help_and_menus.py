"""What every page has, in a real browser: the sheet of keys, `/`, and menus under their buttons."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, SECONDS, picture, sign_in
from tests.browser.test_conversation import field
from tests.library import make_collection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)


def test_keys_open_the_help_and_lead_to_the_question_but_not_while_typing(open_page, alice, shelf):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    sheet = page.get_by_role("dialog", name="How it works")

    field(watched).fill("Why")
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(field(watched)).to_have_value("Why?/")
    expect(sheet).to_be_hidden()

    new = page.get_by_role("link", name="New conversation")
    new.focus()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    picture(watched, "conversation-help")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(new).to_be_focused()
    page.keyboard.press("/")
    expect(field(watched)).to_be_focused()

    page.goto("/documents")
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
    account = page.get_by_role("button", name="alice: your account")
    account.click()
    page.get_by_role("button", name="Help and keys").click()
    expect(sheet).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    picture(watched, "conversation-help-phone-dark")
    page.get_by_role("button", name="Close").click()
    expect(account).to_be_focused()


def test_a_visitor_without_an_account_has_the_help_in_the_bar_and_on_a_phone_in_the_drawer(open_page, shelf):
    make_collection("open", readers="public")
    watched = open_page()
    page = watched.page
    page.goto("/")
    sheet = page.get_by_role("dialog", name="How it works")

    page.get_by_role("banner").get_by_role("button", name="Help and keys").click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    page.set_viewport_size({"width": 320, "height": 640})
    expect(page.get_by_role("link", name="Sign in").first).to_be_in_viewport(ratio=1)
    opener = page.get_by_role("button", name="Conversations and collections")
    opener.click()
    page.get_by_role("button", name="Help and keys").click()
    expect(sheet).to_be_visible()
    picture(watched, "conversation-help-320")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Close").click()
    expect(opener).to_be_focused()


def test_menus_stand_under_their_buttons_in_either_direction(open_page, alice, shelf):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    button, menu = page.get_by_role("button", name="alice: your account"), page.locator("#account-menu")

    for direction in ("ltr", "rtl"):
        page.evaluate("direction => (document.documentElement.dir = direction)", direction)
        button.click()
        under, at = menu.bounding_box(), button.bounding_box()
        assert under and at
        assert 0 <= under["y"] - (at["y"] + at["height"]) <= 12
        ends = (under["x"] + under["width"], at["x"] + at["width"]) if direction == "ltr" else (under["x"], at["x"])
        assert abs(ends[0] - ends[1]) <= 2
        picture(watched, f"conversation-account-menu-{direction}")
        page.keyboard.press("Escape")
