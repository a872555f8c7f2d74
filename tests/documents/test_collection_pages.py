"""The pages about collections: who sees, makes, changes and deletes them, and what the forms take."""

import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client

from documents.models import Collection, Readers
from tests.library import make_collection, make_user, upload_text

NEW = {"name": "Reports of the year", "description": "All of them.", "readers": "members", "adders": "members"}


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shaper(name: str = "shaper", *verbs: str):
    person = make_user(name, is_staff=True)
    for verb in verbs or ("add", "change", "delete"):
        person.user_permissions.add(Permission.objects.get(codename=f"{verb}_collection"))
    return person


def messages(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def shelves(db) -> None:
    Collection.objects.all().delete()


def test_the_list_shows_what_a_person_may_read_with_its_counts_and_nothing_to_change(shelves):
    reports, empty = make_collection("reports", description="All reports."), make_collection("empty")
    make_collection("secret", readers=Readers.MEMBERS)
    for number in range(2):
        upload_text(reports, f"{number}.txt", f"Cats {number}")

    response = client_of(make_user("bob")).get("/collections")
    page = response.content.decode()

    assert [row.slug for row in response.context["collections"]] == [empty.slug, reports.slug]
    assert [row.documents_count for row in response.context["collections"]] == [0, 2]
    assert "All reports." in page and "Secret" not in page
    assert "New collection" not in page and "/edit" not in page


def test_only_staff_with_the_permission_make_change_and_delete(shelves):
    make_collection("reports")
    bob, staff, adder = make_user("bob"), make_user("staff", is_staff=True), shaper("adder", "add")
    permitted = make_user("permitted")
    permitted.user_permissions.add(*Permission.objects.filter(codename__endswith="_collection"))
    addresses = ["/collections/new", "/collections/reports/edit", "/collections/reports/delete"]

    answers = {
        person.username: [client_of(person).get(address).status_code for address in addresses]
        for person in (bob, staff, permitted, adder, shaper())
    }

    assert answers == {
        "bob": [403] * 3,
        "staff": [403] * 3,
        "permitted": [403] * 3,  # Django's permission alone makes no staff
        "adder": [200, 403, 403],
        "shaper": [200] * 3,
    }
    assert [client_of(bob).post(address, NEW).status_code for address in addresses] == [403] * 3
    assert Collection.objects.count() == 1


def test_whoever_makes_a_collection_for_members_is_one(shelves):
    person = shaper()

    response = client_of(person).post("/collections/new", NEW, follow=True)

    made = Collection.objects.get()
    assert (made.slug, made.readers, list(made.members.all())) == ("reports-of-the-year", "members", [person])
    assert messages(response) == ["Reports of the year was made. Now add documents to it."]
    assert response.redirect_chain == [("/documents?collection=reports-of-the-year", 302)]


def test_a_form_that_is_not_right_says_so_and_keeps_what_was_typed(shelves):
    make_collection("reports")
    client = client_of(shaper())

    for wrong, said in [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "  REPORTS "}, "Another collection has this name already."),
        ({"name": "nul\0"}, "Null characters are not allowed."),
        ({"readers": "nobody"}, "nobody is not one of the available choices"),
    ]:
        response = client.post("/collections/new", NEW | wrong)
        assert response.status_code == 400
        assert said in response.content.decode(), wrong
        assert "All of them." in response.content.decode()
    assert Collection.objects.count() == 1


def test_names_of_collections_that_are_closed_to_their_maker_are_not_told(shelves):
    make_collection("secret", readers=Readers.MEMBERS)

    client_of(shaper()).post("/collections/new", NEW | {"name": "Secret"})

    assert sorted(Collection.objects.values_list("slug", flat=True)) == ["secret", "secret-2"]


def test_names_without_letters_of_an_address_get_one_all_the_same(shelves):
    client = client_of(shaper())
    for name in ("数据", "报告", "<b>&</b>"):
        assert client.post("/collections/new", NEW | {"name": name}).status_code == 302

    assert sorted(Collection.objects.values_list("slug", flat=True)) == ["bb", "collection", "collection-2"]


def test_people_are_found_by_name_and_nobody_is_listed_unasked(shelves):
    make_user("bob", first_name="Robert", last_name="Müller"), make_user("robin", is_active=False)
    Group.objects.create(name="Robots")
    client = client_of(shaper())

    asked = client.post("/collections/new", NEW | {"find": "rob", "look": "1"}).content.decode()
    unasked = client.get("/collections/new").content.decode()
    short = client.post("/collections/new", NEW | {"find": "r", "look": "1"}).content.decode()

    assert "Robert Müller" in asked and "Robots" in asked and "robin" not in asked
    assert 'value="Reports of the year"' in asked
    assert "Robert" not in unasked + short
    assert Collection.objects.count() == 0


def test_members_are_ticked_kept_and_taken_out(shelves):
    bob, carol, team = make_user("bob"), make_user("carol"), Group.objects.create(name="team")
    collection = make_collection("reports")
    collection.members.add(bob)
    client = client_of(shaper())
    page = client.get("/collections/reports/edit").content.decode()
    assert f'name="members" value="{bob.pk}" checked' in page

    client.post("/collections/reports/edit", NEW | {"members": [carol.pk, 10**9, "x"], "member_groups": [team.pk]})

    collection.refresh_from_db()
    assert set(collection.members.values_list("username", flat=True)) == {"carol", "shaper"}
    assert list(collection.member_groups.all()) == [team]
    assert (collection.name, collection.slug) == ("Reports of the year", "reports")


def test_a_collection_closed_to_a_shaper_looks_missing(shelves):
    make_collection("secret", readers=Readers.MEMBERS)
    client = client_of(shaper())

    for address in ("/collections/secret/edit", "/collections/nowhere/edit", "/collections/secret/delete"):
        assert (client.get(address).status_code, client.post(address, NEW).status_code) == (404, 404)


def test_an_empty_collection_is_deleted_and_a_full_one_says_why_not(shelves):
    reports, _ = make_collection("reports"), make_collection("empty")
    upload_text(reports, "cats.txt", "Cats purr.")
    client = client_of(shaper())

    assert b"Reports holds 1 document." in client.get("/collections/reports/delete").content
    refused = client.post("/collections/reports/delete")
    assert (refused.status_code, b"not empty" in refused.content) == (409, True)
    assert messages(client.post("/collections/empty/delete", follow=True)) == ["Empty was deleted."]
    assert client.post("/collections/empty/delete").status_code == 404
    assert list(Collection.objects.all()) == [reports]


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_collection_of_one_name_at_once_both_get_one():
    client = client_of(make_user("root", is_superuser=True, is_staff=True))
    statuses: list[int] = []

    def make() -> None:
        other = Client()
        other.cookies = client.cookies
        statuses.append(other.post("/collections/new", NEW).status_code)
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert set(statuses) <= {302, 400} and 302 in statuses
    assert Collection.objects.filter(name=NEW["name"]).count() == statuses.count(302)
