"""The two addresses that monitors ask."""

import pytest
from django.test import Client


def test_alive_answers_without_a_database(client: Client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_once_all_migrations_are_applied(client: Client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "database": True, "pending_migrations": 0})
