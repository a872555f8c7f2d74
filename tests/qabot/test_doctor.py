"""`manage.py doctor`: what it finds here, on a real database, with a fake provider."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection

from documents.models import Document, EmbeddingIndex, IndexState, Status
from qabot.doctor.database import read_database
from qabot.provider import ProviderSettings
from qabot.redaction import Redactor
from tests.fakes.provider import FakeProvider
from tests.library import make_collection, upload_text

pytestmark = pytest.mark.django_db

KEY = "sk-canary-0123456789"
PROBLEM = 1  # exit status


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeProvider]:
    with FakeProvider("ok") as fake:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(fake.base_url, KEY, retries=0)
        settings.QABOT_CHAT_MODEL = "gpt-4.1-mini"
        settings.QABOT_EMBEDDING_PROVIDER = settings.QABOT_CHAT_PROVIDER
        settings.QABOT_EMBEDDING_MODEL = "text-embedding-3-small"
        yield fake


def examine(*arguments: str) -> dict[str, dict[str, str]]:
    """The checks by name, whatever the exit status."""
    out = StringIO()
    try:
        call_command("doctor", "--json", *arguments, stdout=out)
    except SystemExit as error:
        assert error.code == PROBLEM
        assert not json.loads(out.getvalue())["well"]
    else:
        assert json.loads(out.getvalue())["well"]
    return json.loads(out.getvalue())["checks"]


def states(checks: dict[str, dict[str, str]], *but: str) -> dict[str, str]:
    """What is not ok."""
    return {name: check["state"] for name, check in checks.items() if check["state"] != "ok" and name not in but}


def test_without_a_provider_all_is_well_but_for_the_worker_that_tests_do_not_run():
    checks = examine()

    assert states(checks) == {"worker": "warning", "backups": "unknown"}
    assert checks["embedding"]["detail"] == "all-MiniLM-L6-v2 works on this machine."
    assert checks["answers"]["detail"] == "No model is configured: answers are quoted word for word."


def test_people_get_a_line_each_and_what_to_do():
    out = StringIO()
    call_command("doctor", "--offline", stdout=out)

    lines = out.getvalue().splitlines()
    worker = next(number for number, line in enumerate(lines) if line.startswith("warning  worker "))
    assert lines[worker].endswith("No worker was seen within a day: uploads wait.")
    assert lines[worker + 1].strip().startswith("→ Look with: heroku ps.")


def test_each_model_is_called_once_and_its_format_is_told(provider: FakeProvider):
    checks = examine()

    assert states(checks) == {"worker": "warning", "backups": "unknown"}
    assert checks["answers"]["detail"].startswith("gpt-4.1-mini answered in ")
    assert checks["embedding"]["detail"].startswith("text-embedding-3-small sent 1536 dimensions as numbers in ")
    assert [request.path for request in provider.requests] == ["/v1/chat/completions", "/v1/embeddings"]


def test_offline_calls_nobody(provider: FakeProvider):
    checks = examine("--offline")

    assert provider.requests == []
    assert "answers" not in checks


@pytest.mark.parametrize("mode", ["401", "500", "bad_json"])
def test_a_provider_that_fails_is_a_problem_told_without_its_key(
    mode: str, provider: FakeProvider, settings: LazySettings
):
    settings.REDACTOR = Redactor()  # which knows none of the secrets: what it would hide shows
    provider.mode = mode

    checks = examine()

    assert checks["embedding"]["state"] == "problem"
    assert checks["answers"]["state"] in ("problem", "warning")
    assert checks["embedding"]["advice"].startswith("Look at docs/settings.md#models")
    assert KEY not in json.dumps(checks)


def test_a_model_of_other_dimensions_than_the_index_is_a_problem(provider: FakeProvider, settings: LazySettings):
    EmbeddingIndex.objects.create(model="own-model", dimensions=768, state=IndexState.ACTIVE)
    settings.QABOT_EMBEDDING_MODEL = "own-model"

    checks = examine()

    assert checks["embedding"]["state"] == "problem"
    assert checks["embedding"]["advice"].startswith("768 are expected.")
    assert checks["price of embedding"] == {
        "state": "warning",
        "detail": "Not known for own-model: its cost shows as unknown.",
        "advice": "Set MODEL_PRICES=own-model=DOLLARS-IN/DOLLARS-OUT (for a million tokens).",
    }


def test_the_dimensions_of_an_unknown_model_are_found_out(provider: FakeProvider, settings: LazySettings):
    settings.QABOT_EMBEDDING_MODEL = "own-model"

    advice = examine()["embedding"]["advice"]

    assert advice.startswith("Run: heroku config:set EMBEDDING_DIMENSIONS=")
    assert int(advice.rpartition("=")[2]) > 0


def test_an_index_whose_provider_is_gone_is_a_problem():
    EmbeddingIndex.objects.create(model="text-embedding-3-small", dimensions=1536, state=IndexState.ACTIVE)

    checks = examine()

    assert checks["embedding"] == {
        "state": "problem",
        "detail": "Documents are indexed with text-embedding-3-small, and no provider is configured.",
        "advice": "Set the provider's key again (docs/settings.md#models); until then words alone are searched.",
    }


def test_failed_documents_and_a_plan_that_is_full_are_told(settings: LazySettings):
    document = upload_text(make_collection(), "a.txt", "a")
    Document.objects.filter(pk=document.pk).update(status=Status.FAILED, error="It is broken.")
    settings.DATABASE_PLAN_BYTES = 1_000_000

    checks = examine("--offline")

    assert checks["failed documents"]["detail"] == "1 document failed."
    assert checks["storage"]["state"] == "problem"
    assert "documents_" in checks["storage"]["detail"]


def test_mail_and_identity_provider_that_do_not_answer_are_problems(settings: LazySettings):
    settings.QABOT_SENDS_EMAIL, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    checks = examine()

    assert checks["e-mail"] == {
        "state": "problem",
        "detail": "127.0.0.1 cannot be used: ConnectionRefusedError.",
        "advice": "Look at the EMAIL_ settings (docs/settings.md#signing-in).",
    }


def test_an_empty_database_is_told_what_to_do_and_nothing_else_fails():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")

    checks = examine("--offline")

    assert states(checks) == {"migrations": "problem", "backups": "unknown"}


def test_what_postgresql_says_of_itself():
    facts = read_database()

    assert facts.version_number >= 160_000
    assert facts.connection_limit > facts.connections_used > 0
    assert facts.writable
    assert abs(facts.clock_difference) < 1
    assert [size for _, size in facts.tables] == sorted((size for _, size in facts.tables), reverse=True)
