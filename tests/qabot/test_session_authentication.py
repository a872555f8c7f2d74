"""No other site can make a visitor's browser post anything here: every POST with a session needs its token."""

import pytest
from django.test import Client

from tests.library import make_collection, make_user
from tests.routes import addresses

pytestmark = pytest.mark.django_db

ASK = {"question": "What do bees make?", "stream": True}


def strict(**headers: str) -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False, headers=headers)


def test_every_post_of_a_session_needs_its_token():
    client = strict()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))

    took = {path: client.post(path, secure=True).status_code for path in addresses()}

    # 405: nothing can be posted there.
    assert {path: status for path, status in took.items() if status not in (403, 405)} == {}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_so_does_every_other_change_through_rest(method: str):
    client = strict()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))

    paths = [path for path in addresses() if path.startswith("/api/")]

    took = {path: getattr(client, method)(path, secure=True).status_code for path in paths}
    assert {path: status for path, status in took.items() if status not in (403, 405)} == {}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_the_stream_of_an_anonymous_visitor_needs_it_too(content_type: str):
    make_collection(readers="public")
    client = strict()
    session = client.session
    session.create()
    client.cookies["sessionid"] = session.session_key or ""

    response = client.post("/api/ask", ASK, content_type, headers={"Origin": "https://evil.example"})

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_a_form_of_another_site_cannot_ask_even_without_a_session():
    make_collection(readers="public")

    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert strict().post("/api/ask", b'{"question": "x"}', content_type).status_code == 415


def test_a_request_to_read_from_another_site_gets_no_leave_to():
    preflight = strict().options(
        "/api/ask",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )

    assert [name for name in preflight.headers if name.lower().startswith("access-control")] == []
