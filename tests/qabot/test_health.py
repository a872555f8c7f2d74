"""The two addresses that monitors ask."""

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.models import EmbeddingIndex, IndexState, Worker
from qabot.provider import ProviderError, ProviderSettings, provider_for
from tests.fakes.provider import FakeProvider

WELL = {
    "database": {"state": "ok", "detail": "It answers."},
    "migrations": {"state": "ok", "detail": "All applied."},
    "embedding index": {
        "state": "ok",
        "detail": "Nothing is indexed yet. The first document will use all-MiniLM-L6-v2.",
    },
    "queue": {"state": "ok", "detail": "No document waits."},
}


def test_alive_answers_without_a_database(client: Client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_says_in_one_round_trip_that_all_is_well(client: Client):
    Worker.objects.create(name="w", seen_at=Now())
    client.get("/readyz")  # reads the migrations of the disk once

    with CaptureQueriesContext(connection) as queries:
        response = client.get("/readyz")

    checks = response.json()["checks"]
    assert [checks.pop(name)["state"] for name in ("pgvector", "worker")] == ["ok", "ok"]
    assert (response.status_code, response.json()["ready"], checks) == (200, True, WELL)
    assert len(queries) == 1


@pytest.mark.django_db
def test_what_does_not_keep_anybody_from_asking_is_a_warning(client: Client, settings: LazySettings):
    EmbeddingIndex.objects.create(model="other-model", dimensions=3, state=IndexState.ACTIVE)

    response = client.get("/readyz")

    checks = response.json()["checks"]
    assert (response.status_code, response.json()["ready"]) == (200, True)
    assert {name for name, check in checks.items() if check["state"] == "warning"} == {"embedding index", "worker"}
    assert checks["worker"]["detail"] == "No worker was seen within a day: uploads wait."
    assert checks["embedding index"]["detail"] == (
        "Documents are indexed with other-model; the settings name all-MiniLM-L6-v2."
    )


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_503_and_one_of_a_newer_release_is_not(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('documents', '9999_next', now())")
    newer = client.get("/readyz")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' AND name = '0001_initial'")
    missing = client.get("/readyz")

    assert (newer.status_code, newer.json()["checks"]["migrations"]) == (
        200,
        {"state": "ok", "detail": "All applied; 1 of a newer release."},
    )
    assert (missing.status_code, missing.json()["ready"]) == (503, False)
    assert missing.json()["checks"]["migrations"] == {
        "state": "problem",
        "detail": "1 migration not applied.",
        "advice": "Run: python manage.py migrate",
    }


@pytest.mark.django_db
def test_an_empty_database_is_503_and_says_what_to_do(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": {"state": "ok", "detail": "It answers."},
        "migrations": {
            "state": "problem",
            "detail": "The tables are missing.",
            "advice": "Run: python manage.py migrate",
        },
    }


@pytest.mark.django_db
def test_a_provider_that_is_left_alone_is_a_warning(client: Client, settings: LazySettings):
    with FakeProvider("500") as fake:
        failing, well = (ProviderSettings(f"{fake.base_url}/{name}", "key", retries=0) for name in ("failing", "well"))
        settings.QABOT_CHAT_PROVIDER, settings.QABOT_EMBEDDING_PROVIDER = failing, well
        for _ in range(3):
            with pytest.raises(ProviderError):
                provider_for(failing).complete_chat([], "fake-chat", max_tokens=5)
        response = client.get("/readyz")

    checks = response.json()["checks"]
    assert (response.status_code, response.json()["ready"]) == (200, True)
    assert checks["embedding provider"] == {"state": "ok", "detail": "It did not keep failing."}
    assert checks["chat provider"] == {
        "state": "warning",
        "detail": "It failed several times in a row and is left alone for a moment. "
        "Answers are quoted from the documents meanwhile.",
        "advice": "It is tried again by itself. If that does not help: manage.py doctor",
    }
