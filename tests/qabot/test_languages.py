"""Which language a page is in, how it is chosen, and how scripts get their texts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.template import Context, Template
from django.test import Client
from django.utils.translation import activate, override

from answers.models import Answer
from answers.refusal import REFUSAL
from documents.models import Document
from qabot.languages import address_of_strings, version
from qabot.rate_limits import RateLimited
from tests.library import index_text, make_collection

pytestmark = pytest.mark.django_db

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request leaves its language with the thread, for the next one to change."""
    yield
    activate("en")


@pytest.mark.parametrize(
    ("asked_for", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en-GB", "en"),
        ("fr,sw", "en"),
        ("\x7f;;q=x", "en"),
    ],
)
def test_a_page_is_in_the_language_the_browser_asks_for_or_in_english(asked_for: str, language: str):
    response = Client().get("/login", headers={"Accept-Language": asked_for})

    assert response["Content-Language"] == language
    assert f'<html lang="{language}"' in response.text
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))


def test_a_choice_goes_before_what_the_browser_asks_for():
    client = Client(headers=GERMAN)
    response = client.post("/language", {"language": "en", "next": "/documents"})

    assert (response.status_code, response["Location"]) == (302, "/documents")
    assert client.get("/")["Content-Language"] == "en"


def test_a_choice_is_kept_for_a_year_and_from_scripts():
    kept = Client().post("/language", {"language": "de"}).cookies["django_language"]

    assert (kept.value, kept["max-age"], kept["httponly"], kept["samesite"]) == ("de", 31_536_000, True, "Lax")


@pytest.mark.parametrize("language", ["fr", "../../etc", "x" * 10_000, "", "de\r\nSet-Cookie: a=b"])
def test_choosing_a_language_there_is_not_changes_nothing(language: str):
    client = Client(headers=GERMAN)
    client.post("/language", {"language": language})

    assert client.get("/login")["Content-Language"] == "de"


def test_choosing_leads_to_no_other_site():
    response = Client().post("/language", {"language": "de", "next": "https://evil.example/"})

    assert response["Location"] == "/"


def test_choosing_needs_the_forms_token():
    assert Client(enforce_csrf_checks=True).post("/language", {"language": "de"}).status_code == 403


def test_a_german_page_loads_the_texts_of_its_scripts_and_an_english_one_none():
    scripts = {
        language: re.findall(r'<script src="(/js-strings[^"]*)" defer>', Client(headers=headers).get("/login").text)
        for language, headers in {"de": GERMAN, "en": {}}.items()
    }

    assert scripts == {"de": [address_of_strings("de")], "en": []}


def test_texts_of_scripts_are_kept_for_good_at_the_address_of_their_version():
    response = Client().get(address_of_strings("de"))

    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers
    assert len(response.content) < 16_000  # bytes, before the browser ever asks twice


def test_at_another_address_they_are_asked_for_again_and_told_to_be_the_same():
    first = Client().get("/js-strings/de?v=before")
    again = Client().get("/js-strings/de", headers={"If-None-Match": first["ETag"]})

    assert (first["Cache-Control"], again.status_code) == ("no-cache", 304)
    assert first["ETag"] == f'"{version("de")}"'


def test_the_address_decides_the_language_not_who_asks():
    client = Client()

    assert client.get("/js-strings/de").content == client.get("/js-strings/de", headers=GERMAN).content


@pytest.mark.parametrize("language", ["en", "fr", "de-DE", "..%2F..", "x" * 500, "%00"])
def test_there_are_none_in_english_or_in_a_language_there_is_not(language: str):
    assert Client().get(f"/js-strings/{language}").status_code == 404


def test_over_https_the_choice_is_sent_over_https_alone(settings: LazySettings):
    settings.LANGUAGE_COOKIE_SECURE = True

    assert Client().post("/language", {"language": "de"}, secure=True).cookies["django_language"]["secure"]


# What is stored in English, and what the REST door says


@pytest.fixture
def cats() -> Document:
    return index_text(make_collection("reports", readers="public"), "cats.txt", "Cats purr because they are content.")


def asked(headers: dict[str, str], **body: object) -> Any:
    return Client().post(
        "/api/ask", {"question": "Who won the cup of 1966?", **body}, "application/json", headers=headers
    )


def test_a_refusal_is_stored_in_english_and_told_in_the_readers_language(cats: Document):
    german, english = (asked(headers).json()["answer"] for headers in (GERMAN, {}))

    assert (german, english) == ("Die Dokumente enthalten keine Antwort auf diese Frage.", REFUSAL)
    assert set(Answer.objects.values_list("text", flat=True)) == {REFUSAL}


@pytest.mark.django_db(transaction=True)
def test_so_is_one_that_is_streamed_from_a_thread(cats: Document):
    response = asked(GERMAN, stream=True)
    done = next(frame for frame in response.streaming_content if frame.startswith(b"event: done"))

    assert "Die Dokumente enthalten keine Antwort" in done.decode()


def test_a_problem_keeps_its_code_and_says_what_is_wrong_in_the_readers_language(cats: Document):
    problems = [Client().get("/api/documents/999", headers=headers).json() for headers in (GERMAN, {})]

    assert [problem["code"] for problem in problems] == ["not_found", "not_found"]
    assert [problem["detail"] for problem in problems] == ["Nicht gefunden.", "Not found."]


def test_why_a_document_failed_is_told_in_the_readers_language(cats: Document):
    Document.objects.filter(pk=cats.pk).update(status="failed", error_code="empty", error="The file is empty.")
    shown = [Client().get(f"/api/documents/{cats.pk}", headers=headers).json() for headers in (GERMAN, {})]

    assert [document["error"] for document in shown] == ["Die Datei ist leer.", "The file is empty."]
    assert "Die Datei ist leer." in Client().get("/documents", headers=GERMAN).text


def test_too_often_is_said_in_the_readers_language_with_the_time_to_wait():
    with override("de"):
        sentence = str(RateLimited("ask", 42).detail)

    assert sentence == "Zu viele Fragen in kurzer Zeit. Versuchen Sie es in 42 Sekunden noch einmal."


def test_numbers_that_are_read_are_grouped_and_ids_are_not():
    shown = Template("{% load site %}{{ id }} {{ id|number }} {{ none|number }}")
    with override("de"):
        german = shown.render(Context({"id": 12345}))

    assert (german, shown.render(Context({"id": 12345}))) == ("12345 12.345 ", "12345 12,345 ")
