"""Secrets are set and searched for in everything that leaves the process, with a provider that quotes the key it gets.

Nothing here relies on `qabot.redaction`: it is given none of these secrets, so what it would hide shows.
"""

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from answers.models import Answer
from documents.models import Collection, Document, Status
from documents.options import indexing_options
from documents.worker import work_once
from qabot.api_keys import make_key
from qabot.provider import ProviderSettings
from qabot.provider_choice import LOCAL_EMBEDDING_MODEL
from qabot.redaction import Redactor
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user, upload_text
from tests.routes import addresses

pytestmark = pytest.mark.django_db(transaction=True)  # streams are drawn by threads with connections of their own

PROVIDER_KEY = "sk-canary-0123456789"
ADDRESS_KEY = "url-canary-0123456789"
SECRET_KEY = "sign-canary-" + "0123456789abcdef" * 4
PERSONS_PASSWORD = "correct horse battery"  # of `make_user`
QUESTION = "How many bees live in a hive?"
TEXT = "Bees make honey. A hive holds 40,000 bees in summer. In winter there are fewer."
# What the provider answers, each time with the key in it
MODES = ["401", "403", "error_in_stream"]


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeProvider]:
    with FakeProvider("401") as fake:
        settings.SECRET_KEY = SECRET_KEY
        settings.REDACTOR = Redactor()
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(fake.base_url, PROVIDER_KEY)
        settings.QABOT_CHAT_MODEL = "fake-chat"
        yield fake


def body_of(response: Any) -> str:
    content = b"".join(response) if response.streaming else response.content
    return f"{response.status_code} {response.headers} {content.decode(errors='replace')}"


def stored_rows() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        rows: list[str] = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def ask_in_every_mode(provider: FakeProvider, clients: dict[str, Client]) -> list[str]:
    said = []
    for mode in MODES:
        provider.mode = mode
        for client in clients.values():
            for stream in (False, True):
                body = {"question": QUESTION, "stream": stream}
                said.append(body_of(client.post("/api/ask", body, "application/json")))
    return said


def fail_to_embed(settings: LazySettings, collection: Collection) -> Document:
    """Index a document with a provider that refuses; the document says why."""
    settings.QABOT_EMBEDDING_PROVIDER = settings.QABOT_CHAT_PROVIDER
    settings.QABOT_EMBEDDING_MODEL = "text-embedding-3-small"
    document = upload_text(collection, "wasps.txt", "Wasps make paper.")
    work_once(indexing_options())
    settings.QABOT_EMBEDDING_MODEL = LOCAL_EMBEDDING_MODEL
    return Document.objects.get(pk=document.pk)


def test_no_secret_leaves_the_process(
    provider: FakeProvider, settings: LazySettings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    root = make_user("root", is_staff=True, is_superuser=True)
    key = make_key("canary", root).text
    browser, program = Client(raise_request_exception=False), Client(headers={"Authorization": f"Bearer {key}"})
    browser.force_login(root)
    collection = make_collection()

    failed = fail_to_embed(settings, collection)
    index_text(collection, "bees.txt", TEXT, root)
    said = ask_in_every_mode(provider, {"browser": browser, "program": program})
    answer = Answer.objects.latest("pk").pk
    pages = [f"/admin/{table}/" for table in ("answers/answer", "answers/conversation", "documents/document")]
    pages += [f"/admin/answers/answer/{answer}/change/", f"/admin/documents/document/{failed.pk}/change/"]
    pages += [f"/answers/{answer}/found", *(path for path in addresses() if not path.startswith("/admin/"))]
    said += [body_of(browser.get(page)) for page in pages]
    said.append(body_of(Client().get("/api/documents", headers={"Authorization": f"Bearer {key[:-1]}"})))
    out = StringIO()
    call_command("api_key", "list", stdout=out)
    call_command("check", stdout=out, stderr=out)

    # The provider did get the key, and quoted it.
    assert {request.headers["authorization"] for request in provider.requests} == {f"Bearer {PROVIDER_KEY}"}
    assert {request.path for request in provider.requests} == {"/v1/embeddings", "/v1/chat/completions"}
    assert (failed.status, failed.error_code) == (Status.FAILED, "embedding")
    shown = {
        "responses": "\n".join(said),
        "logs": caplog.text,
        "output": "".join(capfd.readouterr()) + out.getvalue(),
        "rows": stored_rows(),
    }
    print({where: f"{len(text):,} characters" for where, text in shown.items()})
    secrets = [PROVIDER_KEY, SECRET_KEY, PERSONS_PASSWORD, key, key.rpartition("_")[2]]
    assert [(where, secret) for where, text in shown.items() for secret in secrets if secret in text] == []


def test_a_dump_of_the_settings_shows_no_secret(settings: LazySettings):
    secret = "db-canary-0123456789"
    settings.REDACTOR = Redactor([secret, SECRET_KEY])
    settings.SECRET_KEY = SECRET_KEY
    settings.DATABASE_URL = f"postgres://u:{secret}@h/d"
    settings.QABOT_CHAT_PROVIDER = ProviderSettings(f"https://models.example/{ADDRESS_KEY}", PROVIDER_KEY)

    shown = call_command("diffsettings", "--all", stdout=StringIO())

    assert "DATABASE_URL = 'postgres://u:[secret]@h/d'" in shown
    assert "QABOT_CHAT_PROVIDER = ProviderSettings(host='models.example')" in shown
    assert [each for each in (secret, SECRET_KEY, PROVIDER_KEY, ADDRESS_KEY) if each in shown] == []


def test_what_holds_a_key_does_not_show_it_when_printed():
    new = make_key("canary", make_user())

    assert new.text not in repr(new)
    assert new.text not in repr(vars(new.key))
