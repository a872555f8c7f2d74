"""Who is charged, by door: the API, the page, a golden run and the worker that indexes."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.test import Client

from answers.evaluation.golden_runs import run_here
from answers.evaluation.models import GoldenQuestion
from answers.models import Mode, TokensSpent
from answers.options import options_from_settings, paying_for_indexing
from documents.models import Document, Readers, Status
from documents.options import indexing_options
from documents.worker import work_once
from qabot.models import ApiKey
from qabot.prices import Price
from qabot.provider import ProviderSettings
from tests.callers import key_client
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db

QUESTION = "How long does a cat sleep?"
CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."
SMALL = "text-embedding-3-small"


@pytest.fixture
def provider(settings: LazySettings):
    with FakeProvider() as fake:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(fake.base_url, "key", retry_seconds=0.01)
        settings.QABOT_CHAT_MODEL = "fake-chat"
        settings.QABOT_MODEL_PRICES = {"fake-chat": Price(Decimal(1), Decimal(1)), SMALL: Price(Decimal("0.02"))}
        yield fake


@pytest.fixture
def cats() -> Document:
    return index_text(make_collection(readers=Readers.PUBLIC), "cats.txt", CATS)


def ask(client: Client, path: str = "/api/ask") -> dict[str, Any]:
    response = client.post(path, {"question": QUESTION}, content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


def charged() -> set[str]:
    rows = TokensSpent.objects.filter(tokens__gt=0)
    assert len(set(rows.values_list("tokens", "cost_microdollars"))) <= 1
    return set(rows.values_list("subject", flat=True))


def embedding_by(provider: FakeProvider, settings: LazySettings) -> None:
    settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(provider.base_url, "key")
    settings.QABOT_EMBEDDING_MODEL = SMALL


def test_a_key_is_charged_with_its_owner_and_the_answer_says_what_it_cost(provider: FakeProvider, cats: Document):
    alice = make_user()

    answer = ask(key_client(alice, "ask"))

    usage = answer["usage"]
    used = usage["prompt_tokens"] + usage["completion_tokens"]
    assert charged() == {"", f"user:{alice.pk}", f"key:{ApiKey.objects.get().pk}"}
    assert TokensSpent.objects.get(subject="").tokens == used > 0
    assert json.dumps(usage["cost_usd"]) == json.dumps(used / 1_000_000)


def test_a_person_on_the_page_is_charged_and_an_anonymous_visitor_only_for_the_app(
    provider: FakeProvider, cats: Document, client: Client
):
    client.post("/ask", {"question": QUESTION})
    assert charged() == {""}

    TokensSpent.objects.all().delete()
    alice = make_user()
    client.force_login(alice)
    client.post("/ask", {"question": QUESTION})
    assert charged() == {"", f"user:{alice.pk}"}


def test_a_limit_from_the_settings_holds_for_one_person_alone(
    provider: FakeProvider, cats: Document, settings: LazySettings
):
    person = make_user("alice")
    alice, bob = key_client(person), key_client(make_user("bob"))
    settings.QABOT_DAILY_TOKENS = {"user": 2000}  # an answer reserves some 1,500
    TokensSpent.objects.open_today([f"user:{person.pk}"])
    TokensSpent.objects.update(tokens=600)

    assert [ask(client)["mode"] for client in (alice, bob)] == [Mode.EXTRACTED, Mode.GENERATED]


def test_a_golden_run_spends_for_the_app_alone(provider: FakeProvider, cats: Document):
    GoldenQuestion.objects.create(question=QUESTION, collection=cats.collection, expected_text="sixteen hours")

    run_here(GoldenQuestion.objects.all(), uuid4(), options_from_settings(), lambda done: None, whole=True)

    assert charged() == {""}


def test_a_search_counts_the_embedding_of_its_question(provider: FakeProvider, settings: LazySettings):
    embedding_by(provider, settings)
    index_text(make_collection(), "cats.txt", CATS)
    alice = make_user()

    ask(key_client(alice, "ask"), "/api/search")

    assert charged() == {"", f"user:{alice.pk}", f"key:{ApiKey.objects.get().pk}"}
    assert TokensSpent.objects.get(subject="").tokens == round(len(QUESTION) / 4)


# Indexing


def index_with_a_limit(settings: LazySettings, limit: int | None) -> Document:
    settings.QABOT_DAILY_TOKENS = {"indexing": limit}
    document = upload_text(make_collection(), "cats.txt", CATS)
    work_once(replace(indexing_options(), paying=paying_for_indexing))
    document.refresh_from_db()
    return document


def test_embedding_documents_is_counted_apart(provider: FakeProvider, settings: LazySettings):
    embedding_by(provider, settings)

    document = index_with_a_limit(settings, 100)

    assert document.status == Status.READY
    assert list(TokensSpent.objects.values_list("subject", "tokens", "cost_microdollars")) == [("indexing", 20, 1)]


def test_a_document_waits_for_the_next_day_when_indexing_has_nothing_left(
    provider: FakeProvider, settings: LazySettings
):
    embedding_by(provider, settings)

    document = index_with_a_limit(settings, 5)

    assert (document.status, document.attempts, document.error) == (
        Status.PENDING,
        0,
        "Today's budget for indexing is used up. This document goes on after 00:00 UTC.",
    )
    assert provider.requests == []


def test_an_embedding_that_fails_is_not_charged(provider: FakeProvider, settings: LazySettings):
    embedding_by(provider, settings)
    provider.mode = "401"

    document = index_with_a_limit(settings, 100)

    assert document.error_code == "embedding"
    assert charged() == set()


def test_the_local_model_costs_nothing(settings: LazySettings):
    assert index_with_a_limit(settings, 1).status == Status.READY
    assert not TokensSpent.objects.exists()
