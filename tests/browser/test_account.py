"""A person's account, API keys and the doors, in a real browser."""

import json
import re
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from answers.models import TokensSpent
from qabot.api_keys import make_key, revoke
from qabot.models import ApiKey, OpenIdIdentity, SignedInSession
from qabot.openid_provider import OpenIdProvider
from tests.browser.axe import violations
from tests.browser.conftest import SECONDS, WIDE, Watched, picture, sign_in
from tests.browser.pictures import SEEN
from tests.library import make_collection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

in_its_looks = pytest.mark.parametrize("options", SEEN.values(), ids=SEEN)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile/15E148 Safari/604.1"
)


def whole(watched: Watched, name: str) -> None:
    """A picture of all of a page, not of its first screen alone, in which axe finds nothing either."""
    assert violations(watched.page) == []
    height: Any = watched.page.evaluate("document.documentElement.scrollHeight")
    size: Any = watched.page.viewport_size
    watched.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    picture(watched, name)
    watched.page.set_viewport_size(size)


def busy(alice: Any, settings: LazySettings) -> None:
    """Keys of every kind, two other browsers, and most of a budget."""
    shelves = [make_collection(slug) for slug in ("handbook", "minutes")]
    soon = timezone.now() + timedelta(days=60)
    make_key("Website", alice, ["ask"], collections=shelves)
    used = make_key("Nightly import of the minutes from the old archive", alice, ["read", "write"], expires_at=soon).key
    ApiKey.objects.filter(pk=used.pk).update(last_used_at=timezone.now() - timedelta(minutes=12))
    revoke(make_key("Laptop that was lost", alice).key)
    make_key("Trial", alice, ["ask"], expires_at=timezone.now() - timedelta(days=1))
    settings.QABOT_DAILY_TOKENS = {"user": 50_000}
    TokensSpent.objects.create(day=timezone.now().date(), subject=f"user:{alice.pk}", tokens=36_400)


@in_its_looks
def test_a_busy_account(options, request, open_page, alice, settings):
    alice.email = "alice@example.com"
    alice.save()
    busy(alice, settings)
    elsewhere = open_page(user_agent=IPHONE)
    sign_in(elsewhere, alice)
    alice.refresh_from_db()
    watched = open_page(**options)
    sign_in(watched, alice)
    watched.page.goto("/account")

    places = watched.page.locator(".account-places li")
    expect(places).to_have_count(2)
    expect(places.first).to_contain_text("This one")
    expect(places.last).to_contain_text("Safari on iPhone")
    expect(watched.page.get_by_text("36,400 of 50,000 tokens")).to_be_visible()
    whole(watched, f"account-busy-{request.node.callspec.id}")


@in_its_looks
def test_an_account_that_is_new(options, request, open_page, alice):
    watched = open_page(**options)
    sign_in(watched, alice)
    watched.page.goto("/account")

    expect(watched.page.get_by_text("You have no keys.")).to_be_visible()
    whole(watched, f"account-new-{request.node.callspec.id}")


@pytest.mark.parametrize(
    "options", [pytest.param({}, id="script"), pytest.param({"java_script_enabled": False}, id="no-script")]
)
def test_a_theme_is_chosen_and_kept_with_and_without_scripts(options, open_page, alice):
    watched = open_page(**options)
    page = watched.page
    sign_in(watched, alice)
    page.goto("/account")
    html = page.locator("html")

    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark", exact=True).click()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark", exact=True)).to_have_attribute("aria-pressed", "true")
    page.goto("/documents")
    expect(html).to_have_attribute("data-theme", "dark")

    page.goto("/account")
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="System").click()
    expect(html).not_to_have_attribute("data-theme", re.compile("."))
    page.reload()
    expect(page.get_by_role("button", name="System")).to_have_attribute("aria-pressed", "true")


def test_a_language_is_chosen_and_taken_back(open_page):
    watched = open_page()
    page = watched.page
    page.goto("/login")

    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.locator("button[name=language][value=system]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@in_its_looks
def test_a_key_is_made_shown_once_used_and_revoked(options, request, open_page, alice, shelf):
    make_collection("handbook", readers="members")  # nothing of alice's
    watched = open_page(permissions=["clipboard-read", "clipboard-write"], **options)
    page, look = watched.page, request.node.callspec.id
    sign_in(watched, alice)
    page.goto("/account")
    page.get_by_role("link", name="New key").click()

    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.locator(".key-collections")).to_be_hidden()
    page.keyboard.type("Website")
    page.get_by_label("Only these").check()
    expect(page.locator(".key-collections label")).to_have_text(["Documents"])
    whole(watched, f"account-key-form-{look}")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Choose at least one collection.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Website")
    expect(page.get_by_label("Documents", exact=True)).to_be_focused()
    whole(watched, f"account-key-refused-{look}")
    page.get_by_label("Documents", exact=True).check()
    page.get_by_role("button", name="Make the key").click()

    text = page.get_by_label("Copy it now").input_value()
    whole(watched, f"account-key-made-{look}")
    page.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == text
    example = page.get_by_role("textbox", name="Try it").input_value()
    told = subprocess.run(["bash", "-c", example], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert json.loads(told.stdout)["status"] == "done", told.stdout
    assert list(ApiKey.objects.get().collections.all()) == [shelf]

    page.get_by_role("link", name="Back to your account").click()
    assert text not in page.content()
    page.get_by_role("link", name="Revoke Website").click()
    whole(watched, f"account-key-revoke-{look}")
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("is refused from now on")).to_be_visible()
    assert page.request.get("/api/documents", headers={"Authorization": f"Bearer {text}"}).status == 401


def test_another_browser_is_signed_out(open_page, alice):
    elsewhere, watched = open_page(user_agent=IPHONE), open_page()
    for each in (elsewhere, watched):
        sign_in(each, alice)
        alice.refresh_from_db()  # a link is made of when somebody last signed in
    watched.page.goto("/account")

    watched.page.get_by_role("button", name="Sign out Safari").click()
    expect(watched.page.get_by_text("That browser is signed out.")).to_be_visible()
    elsewhere.page.goto("/account")
    expect(elsewhere.page).to_have_url(re.compile("/login"))
    watched.page.goto("/account")
    expect(watched.page.locator(".account-places li")).to_have_count(1)


@in_its_looks
def test_the_door_refuses_a_wrong_password_and_keeps_the_name(options, request, open_page, alice, settings):
    settings.QABOT_SENDS_EMAIL = True
    settings.QABOT_OPENID_PROVIDER = OpenIdProvider("http://localhost", "id", "secret", "Example ID", ())
    watched = open_page(**options)
    page, look = watched.page, request.node.callspec.id
    page.goto("/login")
    expect(page.get_by_label("Username")).to_be_focused()
    whole(watched, f"door-{look}")

    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    expect(page.get_by_label("Username")).to_have_value("alice")
    expect(page.get_by_label("Password")).to_have_value("")
    whole(watched, f"door-refused-{look}")

    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page).to_have_url(watched.base_url + "/")


@in_its_looks
def test_a_password_is_changed_with_errors_in_their_place(options, request, open_page, alice):
    elsewhere, watched = open_page(user_agent=IPHONE), open_page(**options)
    for each in (elsewhere, watched):
        sign_in(each, alice)
        alice.refresh_from_db()  # a link is made of when somebody last signed in
    page = watched.page
    page.goto("/account/password")
    fields = page.locator("input[type=password]")
    for field, text in zip(fields.all(), ("wrong", "a staple of another kind", "another"), strict=True):
        field.fill(text)
    page.get_by_role("button", name="Save").click()

    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    whole(watched, f"account-password-{request.node.callspec.id}")
    for field, text in zip(fields.all(), ("correct horse battery", *["a staple of another kind"] * 2), strict=True):
        field.fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You are signed out everywhere else.")).to_be_visible()
    expect(page.locator(".account-places li")).to_have_count(1)
    assert SignedInSession.objects.count() == 1
    assert Session.objects.count() == 1


def test_who_comes_by_a_provider_has_no_password_here(open_page, alice):
    OpenIdIdentity.objects.create(user=alice, issuer="i", subject="s")
    watched = open_page()
    sign_in(watched, alice)
    watched.page.goto("/account")

    expect(watched.page.get_by_text("You sign in through your organisation.")).to_be_visible()
    expect(watched.page.get_by_role("link", name="Change your password")).to_have_count(0)


@pytest.mark.parametrize("path", ["/account", "/account/keys/new", "/account/password"])
def test_nothing_of_a_busy_account_is_wider_than_the_page(path, open_page, alice, settings):
    busy(alice, settings)
    watched = open_page()
    sign_in(watched, alice)
    watched.page.goto(path)
    for direction in ("ltr", "rtl"):
        watched.page.evaluate(f"document.documentElement.dir = '{direction}'")
        for width in (320, 390, 768, 1280):
            watched.page.set_viewport_size({**WIDE, "width": width})
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, direction
        watched.page.set_viewport_size({**WIDE, "width": 320})
        whole(watched, f"account{path.replace('/', '-').removeprefix('-account')}-320-{direction}")


def test_caps_lock_is_said(open_page):
    watched = open_page()
    page = watched.page
    page.goto("/login")
    page.get_by_label("Password").evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'A', modifierCapsLock: true}))"
    )

    expect(page.get_by_text("Caps Lock is on.")).to_be_visible()
