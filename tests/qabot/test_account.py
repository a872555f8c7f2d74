"""The account page, and what a browser keeps: light or dark, and the language."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from answers.models import TokensSpent
from qabot.models import OpenIdIdentity
from tests.library import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice", email="alice@example.com")


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def account(client: Client) -> str:
    return client.get("/account").content.decode()


def test_the_page_says_who_somebody_is_and_is_kept_by_no_cache(client: Client):
    page = client.get("/account")

    assert "alice@example.com" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_who_an_identity_provider_vouches_for_has_no_password_here(client: Client, alice: User):
    OpenIdIdentity.objects.create(user=alice, issuer="i", subject="s")

    page = account(client)
    assert "You sign in through your organisation." in page
    assert "/account/password" not in page


def test_a_budget_is_shown_with_what_was_used_today(client: Client, alice: User, settings: LazySettings):
    assert "Today’s questions" not in account(client)
    settings.QABOT_DAILY_TOKENS = {"user": 10_000}
    assert "0 of 10,000 tokens are used (0%)." in account(client)

    TokensSpent.objects.create(day=timezone.now().date(), subject=f"user:{alice.pk}", tokens=2_500)
    TokensSpent.objects.create(day=timezone.now().date(), subject=f"user:{alice.pk + 1}", tokens=9_000)
    assert "2,500 of 10,000 tokens are used (25%)." in account(client)

    TokensSpent.objects.update(tokens=10_400)
    assert "answered with quotations alone" in account(client)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_for_people_and_visitors_and_taken_back(theme: str):
    visitor = Client()

    sent = visitor.post("/theme", {"theme": theme, "next": "/login"})
    assert sent["Location"] == "/login"
    assert (sent.cookies["theme"]["httponly"], sent.cookies["theme"]["samesite"]) == (True, "Lax")
    assert f'data-theme="{theme}"' in visitor.get("/login").content.decode()

    visitor.post("/theme", {"theme": "system"})
    assert "data-theme=" not in visitor.get("/login").content.decode()


@pytest.mark.parametrize("theme", ["", "DARK", "dark; path=/", "x" * 10_000, '"><script>'])
def test_a_theme_that_there_is_not_changes_nothing(theme: str):
    visitor = Client()

    assert visitor.post("/theme", {"theme": theme}).cookies.keys() & {"theme"} == set()
    visitor.cookies["theme"] = theme[:100]
    assert "data-theme=" not in visitor.get("/login").content.decode()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\evil"])
def test_a_choice_leads_back_to_this_site_alone(address: str):
    assert Client().post("/theme", {"theme": "dark", "next": address})["Location"] == "/"


def test_a_script_gets_no_page_for_its_choice():
    sent = Client().post("/theme", {"theme": "dark"}, HTTP_X_REQUESTED_WITH="script")

    assert (sent.status_code, sent.cookies["theme"].value) == (204, "dark")


def test_a_language_is_kept_and_taken_back():
    visitor = Client(headers={"Accept-Language": "en"})

    visitor.post("/language", {"language": "de", "next": "/login"})
    assert '<html lang="de"' in visitor.get("/login").content.decode()
    visitor.post("/language", {"language": "system", "next": "/login"})
    assert '<html lang="en"' in visitor.get("/login").content.decode()


def test_the_door_is_made_for_password_managers_and_keeps_a_name(alice: User):
    page = Client().post("/login", {"username": "alice", "password": "wrong"}).content.decode()

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert 'value="alice"' in page
    assert "wrong" not in page.partition("<main")[2].partition("</main")[0]
