"""A database that takes no writes: what has to be stored is refused in plain words, and asking goes on."""

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client

from answers.conversations import find_or_start
from answers.models import Answer, AnswerStatus, Conversation
from answers.unkept import NOT_KEPT
from documents.models import Document, OriginalPart, Status
from documents.options import indexing_options
from documents.worker import work_until
from qabot.api_keys import make_key
from qabot.models import ApiKey
from qabot.problems import NO_WRITES
from qabot.provider_contract import ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import default_collection, index_text, make_user, upload_text
from tests.no_writes import read_only_database

pytestmark = pytest.mark.django_db(transaction=True)

FACT = "The library of Hask holds 4,711 oak crates."
QUESTION = "How many oak crates does the library of Hask hold?"


@pytest.fixture
def key(settings) -> str:
    """Alice's key. One document is ready; requests are counted, as they are in earnest."""
    settings.QABOT_RATES = {**settings.QABOT_RATES, "ask": (30, 60), "upload": (30, 60), "api": (30, 60)}
    alice = make_user("alice")
    index_text(default_collection(), "hask.txt", FACT, alice)
    return make_key("key", alice).text


@pytest.fixture
def caller(key: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False)


@pytest.fixture
def no_writes(caller: Client) -> Iterator[None]:
    with read_only_database():
        yield


@pytest.mark.usefixtures("no_writes")
def test_an_upload_is_refused_and_nothing_of_it_is_stored(caller: Client):
    response = caller.post("/api/documents", {"file": SimpleUploadedFile("new.txt", b"Bees make honey.")})

    assert (response.status_code, response.json()["code"], response.json()["detail"]) == (
        *(503, "database_read_only"),
        NO_WRITES,
    )
    assert response["Retry-After"] == "60"
    assert (Document.objects.count(), OriginalPart.objects.count()) == (1, 1)


@pytest.mark.usefixtures("no_writes")
def test_a_question_is_answered_and_the_answer_says_that_it_was_not_kept(caller: Client):
    response = caller.post("/api/ask", {"question": QUESTION}, content_type="application/json")

    answer = response.json()
    assert response.status_code == 200
    assert (answer["id"], answer["conversation"], answer["status"], answer["mode"]) == (None, None, "done", "extracted")
    assert answer["notice"] == NOT_KEPT
    assert [citation["quote"] for citation in answer["citations"]] == [FACT]
    document = Document.objects.get()
    assert answer["citations"][0]["url"] == f"/documents/{document.pk}/pages/1?start=0&end={len(FACT)}#quote"
    assert answer["citations"][0]["url"].replace("&", "&amp;") in answer["html"]
    assert (Answer.objects.count(), Conversation.objects.count()) == (0, 0)


@pytest.mark.usefixtures("no_writes")
def test_a_question_is_answered_in_a_stream_too(caller: Client):
    asked = {"question": QUESTION, "stream": True}
    response = caller.post("/api/ask", asked, content_type="application/json")
    text = response.getvalue().decode()

    names = re.findall(r"^event: (\w+)$", text, re.MULTILINE)
    done = json.loads(text.rpartition("data: ")[2])
    assert names == ["search", "passages", "done"]
    assert (done["id"], done["notice"], len(done["citations"])) == (None, NOT_KEPT, 1)


@pytest.mark.usefixtures("no_writes")
def test_what_is_not_in_the_documents_is_refused_as_always(caller: Client):
    response = caller.post("/api/ask", {"question": "Who won the race?"}, content_type="application/json")

    assert (response.status_code, response.json()["mode"], response.json()["citations"]) == (200, "refused", [])


def test_no_model_is_paid_where_nothing_can_be_charged(caller: Client, settings):
    with FakeProvider("ok") as provider:
        settings.QABOT_CHAT_MODEL = "fake-chat"
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        with read_only_database():
            answer = caller.post("/api/ask", {"question": QUESTION}, content_type="application/json").json()

        assert (answer["mode"], provider.requests) == ("extracted", [])


@pytest.mark.usefixtures("no_writes")
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/documents", "/api/collections", "/api/conversations"])
def test_reading_goes_on(caller: Client, path: str):
    assert caller.get(path).status_code == 200


def test_pages_can_be_read_and_a_form_is_refused_with_a_page(key: str):
    browser = Client(raise_request_exception=False)
    browser.force_login(ApiKey.objects.get().owner)
    with read_only_database():
        assert [browser.get(path).status_code for path in ("/", "/documents")] == [200, 200]
        refused = browser.post("/upload", {"file": SimpleUploadedFile("new.txt", b"Bees make honey.")})

    assert (refused.status_code, str(NO_WRITES) in refused.content.decode()) == (503, True)
    assert Document.objects.count() == 1


def test_an_abandoned_answer_does_not_keep_its_conversation_from_being_read(caller: Client):
    conversation = find_or_start(ApiKey.objects.get(), "", None, QUESTION)
    lost = Answer.objects.create(conversation=conversation, question=QUESTION, lease_until=Now() - timedelta(minutes=5))
    with read_only_database():
        assert caller.get(f"/api/conversations/{conversation.pk}").status_code == 200

    lost.refresh_from_db()
    assert lost.status == AnswerStatus.WORKING


def test_nobody_may_guess_passwords_uncounted(settings):
    settings.QABOT_RATES = {**settings.QABOT_RATES, "signin": (10, 60), "account": (10, 900)}
    make_user("bob")
    with read_only_database():
        response = Client(raise_request_exception=False).post("/login", {"username": "bob", "password": "guess"})

    assert response.status_code == 503


def test_a_worker_waits_and_goes_on_by_itself():
    document, stop = upload_text(default_collection(), "bees.txt", "Bees make honey."), threading.Event()
    with read_only_database():
        working = threading.Thread(target=work_until, args=(stop, indexing_options()))
        working.start()
        stop.wait(1.5)
        document.refresh_from_db()
        assert (working.is_alive(), document.status, document.attempts) == (True, Status.PENDING, 0)

    deadline = time.monotonic() + 30
    while Document.objects.get().status != Status.READY and time.monotonic() < deadline:
        stop.wait(0.1)
    stop.set()
    working.join()
    assert Document.objects.values_list("status", "attempts").get() == (Status.READY, 1)
