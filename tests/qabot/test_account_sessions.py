"""Where a person is signed in: noted, listed and ended."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from answers.forgetting import forget
from qabot.models import SignedInSession
from qabot.user_agents import Program
from tests.library import make_user
from tests.no_writes import read_only_database

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
PASSWORD, NEW = "correct horse battery", "a staple of another kind"


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def signed_in(person: User, **headers: str) -> Client:
    """A browser in which this person signed in by password."""
    client = Client(headers={"User-Agent": FIREFOX, **headers})
    client.post("/login", {"username": person.get_username(), "password": PASSWORD})
    return client


def key_of(client: Client) -> str:
    return client.session.session_key or ""


def let_time_pass(client: Client, **time: int) -> None:
    """As if the session had been seen last so long ago, by a process that remembers nothing."""
    SignedInSession.objects.filter(session=key_of(client)).update(seen_at=Now() - timedelta(**time))
    cache.clear()


def places(client: Client) -> list[tuple[Program, bool]]:
    return [(place.program, place.is_this) for place in client.get("/account").context["places"]]


def test_signing_in_notes_the_browser_and_no_address(alice: User):
    client = signed_in(alice, **{"X-Forwarded-For": "203.0.113.9"})

    row = SignedInSession.objects.values().get()
    assert (row["session_id"], row["user_id"], row["user_agent"]) == (key_of(client), alice.pk, FIREFOX)
    assert "203.0.113.9" not in str(row)


def test_the_session_that_asks_stands_first(alice: User):
    other = signed_in(alice, **{"User-Agent": "curl/8"})
    client = signed_in(alice)
    other.get("/")

    assert places(client) == [(Program("Firefox", "Linux"), True), (Program(), False)]


def test_a_session_from_before_is_listed_at_its_first_look(alice: User):
    client = Client()
    client.force_login(alice)

    assert SignedInSession.objects.count() == 0
    assert places(client) == [(Program(), True)]


def test_it_is_noted_every_ten_minutes_at_most(alice: User):
    client = signed_in(alice)
    let_time_pass(client, minutes=9)
    before = SignedInSession.objects.values().get()

    client.get("/documents")
    assert SignedInSession.objects.values().get() == before

    let_time_pass(client, minutes=11)
    client.get("/documents")
    assert SignedInSession.objects.get().seen_at > before["seen_at"]


def test_what_was_seen_just_now_costs_no_statement(alice: User):
    client = signed_in(alice)
    client.get("/documents")
    said = []

    def listen(execute, sql, parameters, many, context):
        said.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        client.get("/documents")

    assert [sql for sql in said if "signedinsession" in sql] == []


def test_visitors_and_keys_are_not_noted():
    Client().get("/")
    Client(headers={"Authorization": "Bearer qab_x_y"}).get("/api/documents")

    assert SignedInSession.objects.count() == 0


@pytest.mark.parametrize("said", ["", "x" * 5000, "a\0b\r\nc", "💥" * 300, "\ud800"])
def test_whatever_a_browser_calls_itself_can_be_stored(said: str, alice: User):
    client = Client()
    client.force_login(alice)

    assert client.get("/account", HTTP_USER_AGENT=said).status_code == 200
    kept = SignedInSession.objects.get().user_agent
    assert len(kept) <= 200
    assert kept.isprintable()


def test_signing_one_out_ends_it_and_no_other(alice: User):
    other, client = signed_in(alice), signed_in(alice)
    place = SignedInSession.objects.get(session=key_of(other)).pk

    page = client.post(f"/account/sessions/{place}/sign-out", follow=True)

    assert "That browser is signed out." in page.content.decode()
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200
    assert client.post(f"/account/sessions/{place}/sign-out").status_code == 404


def test_nobody_signs_out_somebody_else(alice: User):
    client, bobs = signed_in(alice), signed_in(make_user("bob"))
    place = SignedInSession.objects.get(session=key_of(client)).pk

    assert bobs.post(f"/account/sessions/{place}/sign-out").status_code == 404
    bobs.post("/account/sessions/sign-out-elsewhere")
    assert client.get("/account").status_code == 200


def test_signing_out_everywhere_else_leaves_this_one(alice: User):
    others, client = [signed_in(alice) for _ in range(2)], signed_in(alice)

    page = client.post("/account/sessions/sign-out-elsewhere", follow=True).content.decode()

    assert "2 other browsers are signed out." in page
    assert [other.get("/account").status_code for other in others] == [302, 302]
    assert len(places(client)) == 1
    again = client.post("/account/sessions/sign-out-elsewhere", follow=True).content.decode()
    assert "You were signed in nowhere else." in again


@pytest.mark.parametrize("path", ["/account/sessions/1/sign-out", "/account/sessions/sign-out-elsewhere", "/theme"])
def test_what_changes_something_needs_the_form_of_our_page(path: str, alice: User):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(alice)

    assert careful.get(path).status_code == 405
    assert careful.post(path).status_code == 403


def test_signing_out_takes_the_row_along(alice: User):
    signed_in(alice).post("/logout")

    assert (SignedInSession.objects.count(), Session.objects.count()) == (0, 0)


def test_a_new_password_ends_the_others_and_their_rows_go(alice: User):
    signed_in(alice)
    client = signed_in(alice)

    client.post("/account/password", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    assert places(client) == [(Program("Firefox", "Linux"), True)]
    assert Session.objects.count() == 1


def test_a_session_that_a_new_password_ended_is_not_listed_whoever_set_it(alice: User):
    signed_in(alice)
    alice.set_password(NEW)  # as an administrator does
    alice.save()
    client = Client()
    client.force_login(alice)

    assert places(client) == [(Program(), True)]


def test_sessions_that_ran_out_are_swept_with_their_rows(alice: User):
    client = signed_in(alice)
    Session.objects.filter(pk=key_of(client)).update(expire_date=Now() - timedelta(days=1))
    assert list(SignedInSession.objects.of(alice)) == []

    forget(30)

    assert SignedInSession.objects.count() == 0


def test_an_account_that_is_deleted_takes_its_rows_along(alice: User):
    signed_in(alice)
    alice.delete()

    assert SignedInSession.objects.count() == 0


def test_the_session_that_asks_is_ended_as_by_signing_out(alice: User):
    client = signed_in(alice)
    place = SignedInSession.objects.get().pk

    assert client.post(f"/account/sessions/{place}/sign-out")["Location"] == "/login"
    assert client.get("/account").status_code == 302
    assert Session.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_only_read(alice: User, caplog: pytest.LogCaptureFixture):
    client = Client()
    client.force_login(alice)
    cache.clear()

    with read_only_database():
        assert client.get("/account").status_code == 200
    assert SignedInSession.objects.count() == 0
    assert "session not noted" in caplog.text
