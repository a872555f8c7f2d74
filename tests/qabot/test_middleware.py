"""What every response carries."""

import uuid

import pytest
from django.test import Client

from qabot.middleware import CONTENT_SECURITY_POLICY


def test_every_response_has_the_security_headers(client: Client):
    headers = client.get("/healthz").headers

    assert {name: headers[name] for name in ("Content-Security-Policy", "X-Frame-Options", "Referrer-Policy")} == {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_the_routers_request_id_comes_back(client: Client):
    response = client.get("/healthz", headers={"X-Request-Id": "8f2c-1"})

    assert response["X-Request-Id"] == "8f2c-1"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, 'forged" level="ERROR'])
def test_an_id_that_could_forge_a_log_line_is_replaced(given: str, client: Client):
    response = client.get("/healthz", headers={"X-Request-Id": given})

    assert response["X-Request-Id"] == str(uuid.UUID(response["X-Request-Id"]))
