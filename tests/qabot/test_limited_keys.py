"""API keys that are limited to collections, and which headers carry a key at all."""

import json
from base64 import b64encode
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from answers.models import Answer, Conversation
from documents.models import Collection, Document
from documents.scoping import NotVisible, scope_for
from qabot.api_keys import make_key, recognise
from qabot.models import ApiKey
from tests.library import index_text, make_collection, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def reports() -> Collection:
    return make_collection("reports")


def key_for(owner: User, *collections: Collection) -> tuple[ApiKey, Client]:
    made = make_key("bot", owner, collections=collections)
    return made.key, Client(headers={"Authorization": f"Bearer {made.text}"})


def ask(client: Client, **more: Any) -> Any:
    return client.post("/api/ask", {"question": "When?", **more}, content_type="application/json")


def slugs(collections: Any) -> list[str]:
    return sorted(collection.slug for collection in collections)


# What it may


def test_a_limited_key_reads_and_adds_in_its_collections_and_nowhere_else(alice: User, reports: Collection):
    key, _ = key_for(alice, reports)

    assert slugs(Collection.objects.visible_to(alice)) == ["documents", "reports"]
    assert slugs(Collection.objects.visible_to(key)) == slugs(Collection.objects.addable_by(key)) == ["reports"]


def test_a_limited_key_never_may_more_than_its_owner(alice: User, reports: Collection):
    key, _ = key_for(alice, reports)

    Collection.objects.filter(pk=reports.pk).update(readers="members")

    assert slugs(Collection.objects.visible_to(key)) == slugs(Collection.objects.addable_by(key)) == []


def test_a_limited_key_of_a_superuser_is_limited_too(reports: Collection):
    key, _ = key_for(make_user("root", is_superuser=True), reports)

    assert slugs(Collection.objects.visible_to(key)) == slugs(Collection.objects.addable_by(key)) == ["reports"]


def test_a_limited_key_does_not_become_unlimited_with_its_last_collection(alice: User, reports: Collection):
    key, client = key_for(alice, reports)

    reports.delete()

    assert (ApiKey.objects.get().limited, slugs(Collection.objects.visible_to(key))) == (True, [])
    assert client.get("/api/collections").json()["results"] == []


def test_a_search_of_everything_is_a_search_of_its_collections(alice: User, reports: Collection):
    index_text(Collection.objects.get(slug="documents"), "secret.txt", "The vault opens at noon.")
    shown = index_text(reports, "open.txt", "The shop opens at nine.")
    key, client = key_for(alice, reports)

    found = client.post("/api/search", {"question": "When does the vault open?"}, content_type="application/json")

    assert scope_for(key, None, None).collection_ids == (reports.pk,)
    assert {passage["document"]["id"] for passage in found.json()["passages"]} == {shown.pk}
    with pytest.raises(NotVisible):
        scope_for(key, ["documents"], None)
    assert ask(client, documents=[Document.objects.get(name="secret.txt").pk]).status_code == 404
    assert ask(client, collection="documents", stream=True).status_code == 404


def test_a_limited_key_of_staff_makes_and_changes_no_collection(reports: Collection):
    staff = make_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    _, client = key_for(staff, reports)

    made = client.post("/api/collections", {"name": "New", "slug": "new"}, content_type="application/json")
    changed = client.patch("/api/collections/reports", {"readers": "public"}, content_type="application/json")

    assert (made.status_code, changed.status_code) == (403, 403)


# Conversations


def test_a_limited_key_reads_only_what_it_began_itself(alice: User, reports: Collection):
    key, client = key_for(alice, reports)
    browser = Client()
    browser.force_login(alice)
    hers = ask(browser).json()
    its = ask(client).json()

    assert [row["id"] for row in client.get("/api/conversations").json()["results"]] == [its["conversation"]]
    assert client.get(f"/api/answers/{hers['id']}").status_code == 404
    assert ask(client, conversation=hers["conversation"]).status_code == 404
    assert client.get(f"/api/answers/{its['id']}").status_code == 200
    assert len(browser.get("/api/conversations").json()["results"]) == 2
    assert Conversation.objects.get(pk=its["conversation"]).api_key == key


def test_a_conversation_that_its_owner_goes_on_with_is_the_owners_alone(alice: User, reports: Collection):
    """Else the key would read, in its own conversation, what the owner asked of other collections."""
    _, client = key_for(alice, reports)
    browser = Client()
    browser.force_login(alice)
    begun = ask(client).json()

    assert ask(client, conversation=begun["conversation"]).status_code == 200
    assert ask(browser, conversation=begun["conversation"]).status_code == 200

    assert client.get(f"/api/conversations/{begun['conversation']}").status_code == 404
    assert client.get(f"/api/answers/{Answer.objects.latest('pk').pk}").status_code == 404
    assert ask(client, conversation=begun["conversation"]).status_code == 404


def test_a_key_without_limits_acts_for_its_owner(alice: User):
    made = make_key("laptop", alice)
    client, browser = Client(headers={"Authorization": f"Bearer {made.text}"}), Client()
    browser.force_login(alice)
    hers = ask(browser).json()

    assert client.get(f"/api/answers/{hers['id']}").status_code == 200
    assert made.key.limited is False


# Making and seeing it


def test_the_command_limits_a_key_and_lists_its_collections(alice: User, reports: Collection):
    out, listed, shown = StringIO(), StringIO(), StringIO()

    call_command("api_key", "create", "bot", "--user", "alice", "--collections", "documents, reports", stdout=out)
    call_command("api_key", "list", "--json", stdout=listed)
    call_command("api_key", "list", stdout=shown)

    assert slugs(recognise(out.getvalue().strip()).collections.all()) == ["documents", "reports"]
    assert json.loads(listed.getvalue())[0]["collections"] == ["documents", "reports"]
    assert "only documents,reports" in shown.getvalue()


@pytest.mark.parametrize("names", ["nowhere", "reports,nowhere", "closed", "", ","])
def test_the_command_refuses_collections_that_the_owner_does_not_read(names: str, alice: User, reports: Collection):
    make_collection("closed", readers="members")

    with pytest.raises(CommandError, match="alice reads no collection named"):
        call_command("api_key", "create", "bot", "--user", "alice", "--collections", names)
    assert ApiKey.objects.count() == 0


def test_the_admin_names_only_collections_that_who_looks_may_know_of(client: Client, alice: User, reports: Collection):
    closed = make_collection("closed", readers="members")
    key, _ = key_for(alice, reports, closed)
    staff = make_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    client.force_login(staff)

    for page in ("/admin/qabot/apikey/", f"/admin/qabot/apikey/{key.pk}/change/"):
        shown = client.get(page).content.decode()
        assert ("Reports, 1 more" in shown, "Closed" in shown) == (True, False)


# Where a key may stand


def test_a_key_counts_in_the_authorization_header_as_bearer_and_nowhere_else(alice: User):
    text = make_key("laptop", alice).text
    basic = b64encode(f"alice:{text}".encode()).decode()
    elsewhere: list[dict[str, Any]] = [
        {"headers": {"X-Api-Key": text}},
        {"headers": {"Api-Key": text}},
        {"headers": {"Authorization": f"Token {text}"}},
        {"headers": {"Authorization": f"Basic {basic}"}},
        {"headers": {"Authorization": text}},
        {"headers": {"Cookie": f"key={text}"}},
        {"query_params": {"key": text, "api_key": text, "access_token": text}},
    ]

    refused = [Client().get("/api/documents", **more).status_code for more in elsewhere]

    assert set(refused) == {401}
    assert Client().get("/api/documents", headers={"Authorization": f"bearer  {text} "}).status_code == 200
