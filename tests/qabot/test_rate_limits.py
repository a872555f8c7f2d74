"""Who comes too often is told when to come again: programs, people, and whoever tries passwords."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse

from qabot.models import RateCounter
from qabot.rate_limits import duration
from qabot.signin import signin_link
from tests.callers import key_client
from tests.library import make_collection, make_user

pytestmark = pytest.mark.django_db

DAY = 86_400  # seconds: no test sees the end of its window
PASSWORD = "correct horse battery"
ALLOWED, TOO_OFTEN = 400, 429  # a question that says nothing is let through, and refused for its own sake


@pytest.fixture
def rates(settings: LazySettings) -> Callable[..., None]:
    """Limits for one test: how often in a day."""

    def set_rates(**rates: int) -> None:
        settings.QABOT_RATES = {**settings.QABOT_RATES, **{group: (count, DAY) for group, count in rates.items()}}

    return set_rates


def ask(client: Client, **headers: str) -> int:
    return client.post("/api/ask", {"question": " "}, content_type="application/json", headers=headers).status_code


def log_in(client: Client, name: str, password: str = PASSWORD, path: str = "/login") -> Any:
    return client.post(path, {"username": name, "password": password})


# Whom a request is counted for


def test_each_key_has_a_count_of_its_own(rates: Callable[..., None]):
    rates(ask=2)
    alice = make_user()
    first, second = key_client(alice), key_client(alice)

    assert [ask(first), ask(first), ask(first)] == [ALLOWED, ALLOWED, TOO_OFTEN]
    assert ask(second) == ALLOWED


def test_guessing_at_keys_is_counted_by_address(rates: Callable[..., None]):
    rates(api=2)
    guesses = [{"Authorization": f"Bearer qab_guess00{number}_{'0' * 64}"} for number in range(3)]

    assert [ask(Client(), **guess) for guess in guesses] == [401, 401, TOO_OFTEN]


def test_a_user_has_one_count_in_all_their_browsers(rates: Callable[..., None]):
    rates(ask=2)
    alice, bob = make_user(), make_user("bob")
    browsers = [Client(), Client(), Client()]
    for browser in browsers:
        browser.force_login(alice)
    other = Client()
    other.force_login(bob)

    assert [ask(browser) for browser in browsers] == [ALLOWED, ALLOWED, TOO_OFTEN]
    assert ask(other) == ALLOWED


def test_who_is_not_signed_in_is_counted_by_address_and_a_forged_header_gains_nothing(
    rates: Callable[..., None], settings: LazySettings
):
    rates(ask=3)
    settings.TRUSTED_PROXY_HOPS = 1
    make_collection(readers="public")
    forged = [f"10.9.{number}.1, 203.0.113.7" for number in range(5)]

    assert [ask(Client(), **{"X-Forwarded-For": header}) for header in forged] == [ALLOWED] * 3 + [TOO_OFTEN] * 2
    assert ask(Client(), **{"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}) == ALLOWED


def test_without_proxies_of_ours_the_header_is_not_looked_at(rates: Callable[..., None]):
    rates(ask=1)
    make_collection(readers="public")

    assert [ask(Client(), **{"X-Forwarded-For": f"203.0.113.{n}"}) for n in (1, 2)] == [ALLOWED, TOO_OFTEN]


def test_questions_and_searches_uploads_and_all_else_are_counted_apart(rates: Callable[..., None]):
    rates(ask=1, upload=2, api=3)
    client = key_client(make_user())
    search = {"question": " "}

    def statuses(times: int, call: Callable[[], Any]) -> list[int]:
        return [call().status_code for _ in range(times)]

    assert ask(client) == ALLOWED
    assert statuses(1, lambda: client.post("/api/search", search, content_type="application/json")) == [429]
    assert statuses(3, lambda: client.post("/api/documents", {})) == [400, 400, 429]
    assert statuses(4, lambda: client.get("/api/documents")) == [200, 200, 200, 429]
    assert statuses(1, lambda: client.get("/api/schema")) == [429]


def test_no_limit_counts_nothing(client: Client):
    ask(key_client(make_user()))
    log_in(client, "alice")

    assert not RateCounter.objects.exists()


# What is said


def test_a_program_is_told_in_a_problem_and_in_headers(rates: Callable[..., None]):
    rates(api=2)
    client = key_client(make_user())

    responses = [client.get("/api/collections") for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert {response["RateLimit-Policy"] for response in responses} == {f'"api";q=2;w={DAY}'}
    left = [re.fullmatch(r'"api";r=(\d);t=(\d+)', response["RateLimit"]) for response in responses]
    assert [found and found[1] for found in left] == ["1", "0", "0"]
    refused = responses[-1]
    assert refused["Content-Type"] == "application/problem+json"
    assert left[-1] and refused["Retry-After"] == left[-1][2] and 0 < int(refused["Retry-After"]) <= DAY
    assert refused.json() == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "code": "rate_limited",
        "detail": f"Too many requests in a short time. Try again in {duration(int(refused['Retry-After']))}.",
        "request_id": refused["X-Request-Id"],
    }


def test_a_person_without_javascript_keeps_what_they_typed(rates: Callable[..., None], client: Client):
    rates(ask=1)
    client.force_login(make_user())
    client.post("/ask", {"question": " "})

    response = client.post("/ask", {"question": "Why do cats purr?"})

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    page = response.content.decode()
    assert "Too many questions in a short time. Try again in" in page
    assert ">Why do cats purr?</textarea>" in page


def test_a_person_who_uploads_too_often_gets_a_page(rates: Callable[..., None], client: Client):
    rates(upload=2)
    client.force_login(make_user(is_staff=True, is_superuser=True))

    first = client.post("/upload", {"collection": "documents"})
    second = client.post(reverse("admin:documents_document_add"), {})
    third = client.post("/upload", {"collection": "documents"})

    assert [first.status_code, second.status_code, third.status_code] == [302, 200, 429]
    assert "Too many uploads in a short time. Try again in" in third.content.decode()
    assert third["Retry-After"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1, "1 second"),
        (42, "42 seconds"),
        (99, "99 seconds"),
        (100, "2 minutes"),
        (720, "12 minutes"),
        (5999, "100 minutes"),
        (7201, "3 hours"),
    ],
)
def test_waiting_is_told_in_seconds_minutes_or_hours(seconds: int, told: str):
    assert duration(seconds) == told


# Signing in


def test_attempts_from_one_address_are_counted_at_all_doors_together(rates: Callable[..., None], client: Client):
    rates(signin=3)
    link = signin_link(make_user()).partition("/signin/")[2]

    statuses = [
        log_in(client, "a", "wrong").status_code,
        log_in(client, "b", "wrong", reverse("admin:login")).status_code,
        client.post("/signin/1/nonsense").status_code,
        client.post(f"/signin/{link}").status_code,
        log_in(client, "alice").status_code,
        log_in(client, "alice", path=reverse("admin:login")).status_code,
        client.get("/signin/1/nonsense").status_code,
    ]

    assert statuses == [200, 200, 410, 429, 429, 429, 429]
    assert client.get("/login").status_code == 200
    assert not client.session.get("_auth_user_id")


def test_an_account_is_closed_to_guesses_from_everywhere_whether_or_not_it_exists(
    rates: Callable[..., None], settings: LazySettings
):
    rates(account=2)
    settings.TRUSTED_PROXY_HOPS = 1
    make_user("alice")

    def attempts(*names: str) -> list[tuple[int, str]]:
        responses = [
            log_in(Client(headers={"X-Forwarded-For": f"203.0.113.{number}"}), name, "wrong")
            for number, name in enumerate(names)
        ]
        return [(response.status_code, told(response)) for response in responses]

    def told(response: Any) -> str:
        own = r'name="csrf-token" content="\w+"|value="\w+"|<code>[\w-]+</code>'  # the last is the request's id
        page = re.sub(own, "", response.content.decode())
        return re.sub(r"in \d+ \w+|alice|nobody", "", page, flags=re.IGNORECASE)

    existing, missing = attempts("alice", " Alice ", "alice"), attempts("nobody", " Nobody ", "nobody")

    assert [status for status, _ in existing] == [200, 200, 429]
    assert existing == missing
    assert log_in(Client(), "alice").status_code == 429
    assert log_in(Client(), "bob").status_code == 200


def test_links_for_a_new_password_are_counted_by_their_e_mail_address(
    rates: Callable[..., None], settings: LazySettings
):
    rates(account=2)
    settings.QABOT_SENDS_EMAIL = True
    letters = [{"email": "alice@example.com", "username": f"other-{number}"} for number in range(3)]

    assert [Client().post("/password/forgotten", letter).status_code for letter in letters] == [302, 302, 429]


def test_nobody_is_told_how_often_others_tried_a_name(rates: Callable[..., None], client: Client):
    rates(account=5)

    assert "RateLimit" not in log_in(client, "alice", "wrong").headers


def test_passwords_are_not_sent_or_guessed_without_end(
    rates: Callable[..., None], client: Client, settings: LazySettings
):
    rates(signin=2)
    settings.QABOT_SENDS_EMAIL = True
    client.force_login(make_user())

    statuses = [
        client.post("/account/password", {"old_password": "guess"}).status_code,
        client.post("/password/forgotten", {"email": "no address"}).status_code,
        client.post("/password/forgotten", {"email": "alice@example.com"}).status_code,
        client.post("/account/password", {"old_password": "guess"}).status_code,
    ]

    assert statuses == [200, 200, 429, 429]


# Without a database


@contextmanager
def counters_out_of_reach() -> Iterator[None]:
    """Counting fails as it does when the database is away: by an OperationalError."""
    connection.ensure_connection()
    info = connection.connection.info
    with psycopg.connect(
        host=info.host, port=info.port, user=info.user, password=info.password, dbname=info.dbname
    ) as other:
        other.execute(f"LOCK TABLE {RateCounter._meta.db_table}")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20ms'")
            yield
            cursor.execute("SET lock_timeout = 0")


@pytest.mark.django_db(transaction=True)
def test_a_limit_that_cannot_be_counted_is_a_503(rates: Callable[..., None]):
    rates(ask=5, signin=5)
    person = Client(raise_request_exception=False)
    program = key_client(make_user())

    with counters_out_of_reach():
        asked = program.post("/api/ask", {"question": "Why?"}, content_type="application/json")
        signing_in = log_in(person, "alice")

    assert (asked.status_code, asked["Retry-After"], asked.json()["code"]) == (503, "5", "database_unavailable")
    assert (signing_in.status_code, signing_in["Retry-After"]) == (503, "5")
    assert b"Not available just now" in signing_in.content
