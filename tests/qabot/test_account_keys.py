"""API keys that people make for themselves: shown once, limited, never more than their owner."""

import html
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from qabot.api_keys import KEYS_A_PERSON, make_key
from qabot.models import ApiKey
from tests.library import default_collection, make_collection, make_user

pytestmark = pytest.mark.django_db

FORM = {"name": "Website", "rights": ["ask", "read"], "reach": "all", "ends": "90"}
KEY = re.compile(r"qab_[a-z0-9]{8}_[0-9a-f]{64}")


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def made(client: Client, **changes: Any) -> Any:
    return client.post("/account/keys/new", {**FORM, **changes})


def text_in(page: Any) -> str:
    found = KEY.search(page.content.decode())
    assert found, page.content.decode()
    return found[0]


def calling(key: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {key}"})


def test_a_key_is_made_as_the_form_says(client: Client, alice: User):
    page = made(client)

    key = ApiKey.objects.get()
    assert (key.name, key.owner, key.rights, key.limited) == ("Website", alice, ["ask", "read"], False)
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    assert calling(text_in(page)).get("/api/documents").status_code == 200


def test_a_key_is_shown_in_that_one_answer_and_kept_nowhere(client: Client, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    page = made(client)
    text = text_in(page)
    secret = text.rpartition("_")[2]

    assert "no-store" in page["Cache-Control"]
    assert secret not in client.get("/account").content.decode()
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    assert secret not in str(list(ApiKey.objects.values()))
    assert secret not in caplog.text


def test_the_same_form_sent_again_makes_no_second_key(client: Client):
    made(client)
    again = made(client)

    assert ApiKey.objects.count() == 1
    assert (again.status_code, KEY.search(again.content.decode())) == (409, None)
    assert "You have a key of this name already." in again.content.decode()


def test_the_name_of_a_key_that_is_dead_is_free_again(client: Client):
    made(client)
    client.post(f"/account/keys/{ApiKey.objects.get().pk}/revoke")

    assert made(client).status_code == 200
    assert ApiKey.objects.count() == 2


def test_there_is_a_most_of_keys_that_dead_ones_do_not_count_for(client: Client, alice: User):
    for number in range(KEYS_A_PERSON):
        make_key(f"key {number}", alice)
    make_key("dead", alice, expires_at=timezone.now() - timedelta(days=1))

    refused = made(client)
    assert f"You have {KEYS_A_PERSON} keys, which is the most. Revoke one first." in refused.content.decode()
    client.post(f"/account/keys/{ApiKey.objects.valid().first().pk}/revoke")  # type: ignore[union-attr]
    assert made(client).status_code == 200


@pytest.mark.parametrize(("ends", "days"), [("30", 30), ("365", 365), ("never", None)])
def test_a_key_ends_when_it_is_said_to(ends: str, days: int | None, client: Client):
    made(client, ends=ends)

    expires_at = ApiKey.objects.get().expires_at
    assert (None if expires_at is None else round((expires_at - timezone.now()).total_seconds() / 86_400)) == days


def test_a_key_is_limited_to_the_collections_that_were_chosen(client: Client, alice: User):
    shelf, hall = default_collection(), make_collection("hall")
    page = made(client, reach="some", collections=[shelf.pk])

    assert list(ApiKey.objects.get().collections.all()) == [shelf]
    shown = calling(text_in(page)).get("/api/collections").json()["results"]
    assert [collection["slug"] for collection in shown] == [shelf.slug]
    assert hall.slug not in str(shown)


def test_nobody_chooses_a_collection_they_may_not_read(client: Client):
    hidden = make_collection("hidden", readers="members")

    assert "Hidden" not in client.get("/account/keys/new").content.decode()
    refused = made(client, reach="some", collections=[hidden.pk])
    missing = made(client, reach="some", collections=[hidden.pk + 999])
    assert ApiKey.objects.count() == 0
    assert "Hidden" not in refused.content.decode()
    assert [page.context["form"].errors.keys() for page in (refused, missing)] == [{"collections"}] * 2


def test_collections_that_were_ticked_before_all_was_chosen_do_not_limit(client: Client):
    made(client, reach="all", collections=[default_collection().pk])

    assert (ApiKey.objects.get().limited, ApiKey.objects.get().collections.count()) == (False, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 121},
        {"name": "a\0b"},
        {"rights": []},
        {"rights": ["ask", "rule"]},
        {"ends": "36500"},
        {"ends": ""},
        {"reach": "none"},
        {"reach": "some"},
        {"reach": "some", "collections": ["1 OR 1=1"]},
        {"reach": "some", "collections": ["9" * 30]},
    ],
)
def test_a_form_that_is_wrong_makes_no_key_and_keeps_what_was_typed(changes: dict[str, Any], client: Client):
    page = made(client, **changes)

    assert (page.status_code, ApiKey.objects.count()) == (200, 0)
    name = html.escape(changes.get("name", "Website"))
    assert f'value="{name}"' in page.content.decode() or not name.strip()
    assert 'aria-invalid="true"' in page.content.decode()


def test_a_name_is_only_text(client: Client, payloads: list[str]):
    payload = next(text for text in payloads if "<script" in text and len(text) <= 120)
    made(client, name=payload)

    assert payload not in client.get("/account").content.decode()


def test_revoking_asks_first_and_twice_is_once(client: Client):
    text = text_in(made(client))
    key = ApiKey.objects.get()
    address = f"/account/keys/{key.pk}/revoke"

    assert "Revoke this key?" in client.get(address).content.decode()
    assert calling(text).get("/api/documents").status_code == 200
    client.post(address)
    key.refresh_from_db()
    moment = key.revoked_at
    client.post(address)
    key.refresh_from_db()

    assert (key.revoked_at, calling(text).get("/api/documents").status_code) == (moment, 401)


def test_keys_of_others_are_not_there(client: Client):
    theirs = make_key("bobs", make_user("bob")).key

    assert "bobs" not in client.get("/account").content.decode()
    assert [client.get(f"/account/keys/{pk}/revoke").status_code for pk in (theirs.pk, theirs.pk + 999)] == [404, 404]
    assert client.post(f"/account/keys/{theirs.pk}/revoke").status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "valid"


def test_a_list_names_no_collection_its_owner_lost_sight_of(client: Client, alice: User):
    shelf = make_collection("secret", readers="members")
    make_key("Old", alice, collections=[shelf])

    page = client.get("/account").content.decode()
    assert "Secret" not in page
    assert "collections you no longer read" in page


def test_a_limited_key_whose_collections_are_gone_is_not_shown_as_unlimited(client: Client, alice: User):
    shelf = make_collection("gone")
    make_key("Old", alice, collections=[shelf])
    shelf.delete()

    assert "no collection: those it was for are gone" in client.get("/account").content.decode()


@pytest.mark.parametrize(("rights", "part"), [("ask", "/api/ask"), ("read", "/api/documents"), ("write", "-F file=@")])
def test_the_example_is_of_what_the_key_may_do(rights: str, part: str, client: Client, settings: LazySettings):
    settings.SITE_URL = "https://qabot.example"
    page = html.unescape(made(client, rights=[rights]).content.decode())

    example = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert example
    assert example[1].startswith("curl https://qabot.example/api/")
    assert part in example[1]
    assert KEY.search(example[1])


def test_making_keys_is_counted(client: Client, settings: LazySettings):
    settings.QABOT_RATES = {**settings.QABOT_RATES, "api": (1, 86_400)}

    assert [made(client, name=name).status_code for name in ("one", "two")] == [200, 429]


@pytest.mark.django_db(transaction=True)
def test_of_forms_sent_at_the_same_time_one_makes_a_key(alice: User):
    def send(_: int) -> int:
        one = Client()
        one.force_login(alice)
        try:
            return made(one).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, range(4)))

    assert (statuses, ApiKey.objects.count()) == ([200, 409, 409, 409], 1)
