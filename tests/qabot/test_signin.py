"""Signing in by a one-time link."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from qabot.signin import signin_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def path_of(link: str) -> str:
    return urlsplit(link).path


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_the_command_prints_a_link_that_signs_in(client: Client, alice: User):
    out = StringIO()
    call_command("signin_link", "alice", stdout=out)
    link = out.getvalue().strip()

    assert link.startswith("http://localhost:")
    response = client.post(path_of(link))

    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in_as(client) == str(alice.pk)


def test_opening_the_link_signs_nobody_in(client: Client, alice: User):
    response = client.get(path_of(signin_link(alice)))

    assert response.status_code == 200
    assert b"Sign in as alice" in response.content
    assert "no-store" in response["Cache-Control"]
    assert signed_in_as(client) is None


def test_a_link_works_once(client: Client, alice: User):
    path = path_of(signin_link(alice))
    client.post(path)
    someone_else = Client()

    assert someone_else.get(path).status_code == 410
    assert someone_else.post(path).status_code == 410
    assert signed_in_as(someone_else) is None


def test_a_link_needs_the_form_of_its_own_page(alice: User):
    careful = Client(enforce_csrf_checks=True)

    assert careful.post(path_of(signin_link(alice))).status_code == 403


@pytest.mark.parametrize("age", [0, -1])
def test_a_link_expires(age: int, client: Client, alice: User, settings):
    path = path_of(signin_link(alice))
    settings.PASSWORD_RESET_TIMEOUT = age

    assert client.post(path).status_code == (302 if age == 0 else 410)


def test_a_link_for_somebody_else_or_nobody_does_not_work(client: Client, alice: User):
    bob = User.objects.create_user("bob")
    person, token = path_of(signin_link(alice)).split("/")[2:4]
    bobs = path_of(signin_link(bob)).split("/")[2]

    for path in (f"/signin/{bobs}/{token}", f"/signin/{person}/x", f"/signin/AA/{token}", f"/signin/%FF/{token}"):
        assert client.post(path).status_code == 410
    assert signed_in_as(client) is None


def test_someone_inactive_neither_gets_a_link_nor_uses_one(client: Client, alice: User):
    path = path_of(signin_link(alice))
    alice.is_active = False
    alice.save()

    assert client.post(path).status_code == 410
    with pytest.raises(CommandError, match=r"^There is no active user named 'alice'\.$"):
        call_command("signin_link", "alice")


def test_signing_in_with_a_password_and_out_again(client: Client):
    User.objects.create_user("carol", password="correct horse battery")

    assert b"Password" in client.get("/login").content
    client.post("/login", {"username": "carol", "password": "correct horse battery"})
    assert signed_in_as(client) is not None

    assert client.get("/logout").status_code == 405
    client.post("/logout")
    assert signed_in_as(client) is None
