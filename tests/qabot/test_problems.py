"""Every refusal under /api/ is application/problem+json with the request's id."""

import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from qabot.problems import bad_request, server_error
from tests.callers import key_client
from tests.library import make_user

FORM = b'--x\r\nContent-Disposition: form-data; name="collection"\r\n\r\n%s\r\n--x--\r\n'

pytestmark = pytest.mark.django_db


def refused(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def test_an_address_that_leads_nowhere_is_a_problem_with_the_requests_id(client: Client):
    response = client.get("/api/nothing", headers={"X-Request-Id": "from-the-router"})

    assert refused(response) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing at this address.",
        "request_id": "from-the-router",
    }


def test_an_address_outside_the_api_keeps_its_page(client: Client):
    response = client.get("/nothing")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_without_a_key_or_a_session_nothing_is_open(client: Client):
    for method, path in [
        *(
            ("get", f"/api/{name}")
            for name in ("documents", "collections", "conversations", "documents/1", "answers/1")
        ),
        *(("post", f"/api/{name}") for name in ("ask", "search", "documents", "documents/1/retry", "collections")),
        *(("delete", f"/api/{name}") for name in ("documents/1", "conversations/1")),
        ("get", "/api/documents/1/original"),
        ("get", "/api/documents/1/pages/1"),
        ("put", "/api/answers/1/feedback"),
    ]:
        response = getattr(client, method)(path)
        assert (path, refused(response)["code"], response.status_code) == (path, "not_authenticated", 401)


def test_the_key_is_asked_for_before_the_request_is_looked_at(client: Client):
    response = client.post("/api/ask", "{no json", content_type="application/json")

    assert refused(response)["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("method", "content_type", "accept", "status", "code"),
    [
        ("put", "application/json", "*/*", 405, "method_not_allowed"),
        ("post", "application/json", "text/html", 406, "not_acceptable"),
        ("post", "text/plain", "*/*", 415, "unsupported_media_type"),
        ("post", "application/json", "*/*", 400, "parse_error"),
    ],
)
def test_each_way_of_asking_wrongly_has_its_code(method: str, content_type: str, accept: str, status: int, code: str):
    client = key_client(make_user("alice"))

    response = getattr(client, method)("/api/ask", "{no json", content_type=content_type, headers={"Accept": accept})

    assert (response.status_code, refused(response)["code"]) == (status, code)


def test_json_nested_too_deep_is_the_clients_mistake():
    client = key_client(make_user("alice"))

    response = client.post("/api/ask", "[" * 200_000, content_type="application/json")

    assert (response.status_code, refused(response)["code"]) == (400, "parse_error")


def test_a_body_that_is_too_large_is_refused_by_its_announced_size(client: Client, settings: Any):
    response = client.post(
        "/api/ask", " " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), content_type="application/json"
    )

    assert (response.status_code, refused(response)["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("content_type", "body", "refusal"),
    [
        ("multipart/form-data", b"--x", (400, "parse_error")),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", (400, "invalid")),
        ("multipart/form-data; boundary=x", FORM % (b"a" * 2_100_000), (413, "too_large")),
        ("multipart/form-data; boundary=x", FORM % b"\0", (400, "invalid")),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(content_type: str, body: bytes, refusal: tuple[int, str]):
    response = key_client(make_user()).post("/api/documents", body, content_type=content_type)

    assert (response.status_code, refused(response)["code"]) == refusal


def test_a_validation_error_names_its_fields():
    response = key_client(make_user("alice")).post(
        "/api/ask", {"question": " ", "documents": [1, "two"]}, content_type="application/json"
    )

    body = refused(response)
    assert (body["status"], body["code"]) == (400, "invalid")
    assert body["errors"] == {
        "question": ["This field may not be blank."],
        "documents.1": ["A valid integer is required."],
    }


@pytest.mark.parametrize(("path", "content_type"), [("/api/x", "application/problem+json"), ("/x", "text/html")])
def test_djangos_own_errors_follow_the_address(path: str, content_type: str):
    request: HttpRequest = RequestFactory().get(path)

    answered = [server_error(request), bad_request(request, Exception())]

    assert [response.status_code for response in answered] == [500, 400]
    assert {response["Content-Type"].split(";")[0] for response in answered} == {content_type}
