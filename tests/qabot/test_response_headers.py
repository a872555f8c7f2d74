"""What every response carries, whatever answers: pages, the admin, REST, streams, static files, refusals, crashes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from qabot import urls
from qabot.middleware import CONTENT_SECURITY_POLICY
from tests.library import index_text, make_collection, make_user
from tests.routes import addresses

pytestmark = pytest.mark.django_db

EVERYWHERE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Where an address itself is the secret, it is told to nobody at all.
STRICTER = {("get", "/shared/x"): {"Referrer-Policy": "no-referrer"}}


def carried(response: Any) -> dict[str, str]:
    return {name: response.headers.get(name, "") for name in EVERYWHERE}


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


@pytest.fixture
def administrator() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def crashing_addresses() -> Iterator[list[str]]:
    """Two views that break, one of them under /api/."""
    broken = [path("crash", crash), path("api/crash", crash)]
    urls.urlpatterns[:0] = broken
    clear_url_caches()
    yield ["/crash", "/api/crash"]
    del urls.urlpatterns[: len(broken)]
    clear_url_caches()


def test_every_route_carries_them_to_everybody(administrator: Client):
    clients = {"anonymous": Client(raise_request_exception=False), "administrator": administrator}
    checked = [
        (method, path, who, getattr(client, method)(path))
        for path in addresses()
        for who, client in clients.items()
        for method in ("get", "post")
        if not (method == "post" and path.endswith("logout"))
    ]

    print(f"\n{len(checked)} responses of {len(addresses())} addresses")
    assert [(method, path, who) for method, path, who, response in checked if response.status_code >= 500] == []
    assert [
        (method, path, who, carried(response))
        for method, path, who, response in checked
        if carried(response) != EVERYWHERE | STRICTER.get((method, path), {})
    ] == []
    # No other site may read an answer, and nothing says otherwise anywhere.
    assert {name for *_, response in checked for name in response.headers if "access-control" in name.lower()} == set()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/static/css/base.css", {}, 200),
        ("/static/nothing.css", {}, 404),
        ("/nothing", {}, 404),
        ("/api/nothing", {}, 404),
        ("/healthz", {"Host": "evil.example"}, 400),
        ("/api/ask", {"Host": "evil.example"}, 400),
        ("/api/ask", {"Origin": "https://evil.example"}, 401),
    ],
)
def test_so_do_static_files_and_refusals(path: str, headers: dict[str, str], status: int):
    response = Client(raise_request_exception=False).get(path, headers=headers)

    assert (response.status_code, carried(response)) == (status, EVERYWHERE)


def test_so_do_crashes_which_tell_nothing(crashing_addresses: list[str]):
    client = Client(raise_request_exception=False)
    page, problem = (client.get(address) for address in crashing_addresses)

    assert [carried(page), carried(problem)] == [EVERYWHERE, EVERYWHERE]
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert (problem.status_code, problem["Content-Type"]) == (500, "application/problem+json")
    for response in (page, problem):
        assert not any(told in response.content for told in (b"RuntimeError", b"on purpose", b"Traceback", b".py"))


@pytest.mark.django_db(transaction=True)  # a stream is drawn by a thread with a connection of its own
def test_so_do_streams_and_originals_stricter_still(client: Client):
    alice = make_user("alice", is_staff=True, is_superuser=True)
    document = index_text(make_collection(), "bees.txt", "Bees make honey. A hive holds 40,000 bees.", alice)
    client.force_login(alice)
    stream = client.post("/api/ask", {"question": "What do bees make?", "stream": True}, "application/json")
    original = client.get(f"/api/documents/{document.pk}/original")
    for response in (stream, original):
        b"".join(response)

    assert (stream["Content-Type"], carried(stream)) == ("text/event-stream; charset=utf-8", EVERYWHERE)
    assert carried(original) == EVERYWHERE | {"Content-Security-Policy": original["Content-Security-Policy"]}
    assert "sandbox" in original["Content-Security-Policy"]


def test_over_https_browsers_are_told_to_stay_there(settings: LazySettings):
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    client = Client()

    answered = [client.get(path, secure=True) for path in ("/healthz", "/static/css/base.css", "/nothing")]

    assert [response.headers.get("Strict-Transport-Security") for response in answered] == [
        "max-age=60; includeSubDomains"
    ] * 3
