"""Signing in by OpenID Connect: through a real provider on this machine, and past one that lies."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from documents.models import Collection
from qabot.environment import Environment
from qabot.models import OpenIdIdentity
from qabot.openid_provider import OpenIdProvider, choose_openid
from tests.fakes.openid import CLIENT_ID, CLIENT_SECRET, LIES, FakeOpenId
from tests.library import make_collection, make_user

pytestmark = pytest.mark.django_db

ALICE = {"sub": "42", "preferred_username": "alice", "email": "alice@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def running():
    with FakeOpenId() as fake:
        yield fake


@pytest.fixture
def fake(running: FakeOpenId, settings) -> FakeOpenId:
    running.lie = ""
    use(running, settings)
    return running


def use(fake: FakeOpenId, settings, *domains: str) -> None:
    settings.QABOT_OPENID_PROVIDER = OpenIdProvider(fake.issuer, CLIENT_ID, CLIENT_SECRET, "Example ID", domains)


def sign_in(client: Client, fake: FakeOpenId, page: str = "", **claims: Any) -> Any:
    sent = client.get("/openid", {"next": page})
    return client.get("/openid/callback", fake.signed_in(sent["Location"], **{**ALICE, **claims}))


def signed_in_as(client: Client) -> str:
    user = User.objects.filter(pk=client.session.get("_auth_user_id") or 0).first()
    return user.get_username() if user else ""


def test_the_button_leads_to_the_provider_with_state_nonce_and_pkce(client: Client, fake: FakeOpenId):
    assert 'href="/openid?next=%2Fdocuments"' in client.get("/login?next=/documents").content.decode()

    sent = client.get("/openid", {"next": "/documents"})

    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert sent["Location"].startswith(f"{fake.issuer}/authorize?")
    assert asked["redirect_uri"] == ["http://localhost:8000/openid/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert "no-store" in sent["Cache-Control"]


def test_a_new_person_gets_an_account_with_no_rights_but_those_of_everybody(client: Client, fake: FakeOpenId):
    make_collection("closed", readers="members")

    response = sign_in(client, fake, "/documents")

    alice = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/documents")
    assert signed_in_as(client) == alice.username == "alice"
    assert (alice.email, alice.is_staff, alice.is_superuser) == ("alice@example.com", False, False)
    assert (alice.has_usable_password(), alice.groups.count(), alice.user_permissions.count()) == (False, 0, 0)
    assert [shelf.slug for shelf in Collection.objects.visible_to(alice)] == ["documents"]


def test_the_same_subject_is_the_same_account_whatever_it_is_called(client: Client, fake: FakeOpenId):
    sign_in(Client(), fake)

    sign_in(client, fake, preferred_username="someone", email="new@example.com")

    assert User.objects.count() == OpenIdIdentity.objects.count() == 1
    assert signed_in_as(client) == "alice"


def test_an_account_is_never_found_by_its_name_or_address(client: Client, fake: FakeOpenId):
    root = make_user("alice", email="alice@example.com", is_superuser=True)

    sign_in(client, fake)

    assert signed_in_as(client) != root.username
    assert signed_in_as(client).startswith("alice-")


def test_an_address_that_the_provider_did_not_verify_is_not_kept(client: Client, fake: FakeOpenId):
    sign_in(client, fake, email_verified=False)

    assert User.objects.get().email == ""


@pytest.mark.parametrize(
    ("email", "verified", "status"),
    [
        ("a@EXAMPLE.com", True, 302),
        ("a@example.com", False, 403),
        ("a@example.com", "true", 403),
        ("a@evil.example", True, 403),
        ("a@sub.example.com", True, 403),
        ("example.com@evil.example", True, 403),
        ("", True, 403),
    ],
)
def test_only_confirmed_addresses_of_named_domains_get_in(
    email: str, verified: Any, status: int, client: Client, fake: FakeOpenId, settings
):
    use(fake, settings, "example.com")

    response = sign_in(client, fake, email=email, email_verified=verified)

    assert (response.status_code, User.objects.count()) == (status, 1 if status == 302 else 0)


def test_an_account_that_was_switched_off_stays_out(client: Client, fake: FakeOpenId):
    sign_in(Client(), fake)
    User.objects.update(is_active=False)

    response = sign_in(client, fake)

    assert (response.status_code, signed_in_as(client)) == (403, "")
    assert "not active" in response.content.decode()


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_signs_nobody_in(lie: str, client: Client, fake: FakeOpenId):
    fake.lie = lie

    response = sign_in(client, fake)

    assert (response.status_code, signed_in_as(client), User.objects.count()) == (400, "", 0)
    assert "Example ID did not tell us who you are" in response.content.decode()


def test_a_code_of_another_browser_signs_nobody_in(client: Client, fake: FakeOpenId):
    client.get("/openid")
    stolen = fake.signed_in(Client().get("/openid")["Location"], **ALICE)

    for parameters in (stolen, {"code": "x"}, {}, {"error": "access_denied", "state": "x"}):
        assert client.get("/openid/callback", parameters).status_code == 400
    assert User.objects.count() == 0


def test_coming_back_works_once(client: Client, fake: FakeOpenId):
    back = fake.signed_in(client.get("/openid")["Location"], **ALICE)
    client.get("/openid/callback", back)
    client.post("/logout")

    assert client.get("/openid/callback", back).status_code == 400
    assert signed_in_as(client) == ""


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_site_afterwards(page: str, client: Client, fake: FakeOpenId):
    assert sign_in(client, fake, page)["Location"] == "/"


def test_a_provider_that_cannot_be_reached_is_said_plainly(client: Client, settings):
    settings.QABOT_OPENID_PROVIDER = OpenIdProvider("http://127.0.0.1:1", CLIENT_ID, CLIENT_SECRET, "Example ID")

    response = client.get("/openid")

    assert response.status_code == 503
    assert "Example ID cannot be reached" in response.content.decode()


def test_without_a_provider_there_is_no_button_and_nothing_at_its_addresses(client: Client):
    assert "openid" not in client.get("/login").content.decode()
    assert {client.get(path).status_code for path in ("/openid", "/openid/callback?code=x&state=y")} == {404}


def test_who_signs_in_elsewhere_cannot_set_a_password_here(client: Client, fake: FakeOpenId):
    sign_in(client, fake)

    assert "Your password is kept there" in client.get("/account").content.decode()
    assert client.get("/account/password").status_code == 403


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"OIDC_ISSUER": "https://id.example"}, "belong together"),
        ({"OIDC_CLIENT_SECRET": "s"}, "belong together"),
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}, "https://"),
    ],
)
def test_what_is_missing_or_unsafe_stops_the_start(variables: dict[str, str], problem: str):
    environment = Environment(variables)
    choose_openid(environment)

    with pytest.raises(Exception, match=problem):
        environment.check()


def test_the_environment_names_the_provider_and_hides_its_secret():
    variables = {"OIDC_ISSUER": "https://id.example/", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "hush"}
    environment = Environment({**variables, "OIDC_EMAIL_DOMAINS": "@Example.com, b.example"})

    chosen = choose_openid(environment)

    environment.check()
    assert chosen == OpenIdProvider("https://id.example", "c", "hush", "id.example", ("example.com", "b.example"))
    assert "hush" not in repr(chosen)
