"""What is done to many documents at once: who may, what is meant, how many it were, and what is left for the next."""

import pytest
from django.test import Client

from documents.bulk import Selection, Tally, delete_selected, move_selected, retry_selected, selected_documents
from documents.listing import DocumentFilter, known_sort, next_sort
from documents.models import Adders, Collection, Document, Status
from tests.library import make_collection, make_user, upload_text

EVERYTHING = DocumentFilter()


@pytest.fixture
def alice(db):
    return make_user("alice")


@pytest.fixture
def reports(db) -> Collection:
    return make_collection("reports")


def notes(collection: Collection, count: int) -> list[Document]:
    return [upload_text(collection, f"note {n}.txt", f"Note {n} of {collection.slug}") for n in range(count)]


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def messages(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def fail(*documents: Document) -> None:
    ids = [document.pk for document in documents]
    Document.objects.filter(pk__in=ids).update(status=Status.FAILED, error="Damaged.", error_code="corrupt")


def test_a_selection_holds_what_its_chooser_may_change_and_nothing_that_came_after_the_question(alice, reports):
    mine, closed = notes(reports, 3), notes(make_collection("closed", adders=Adders.STAFF), 1)
    ids = tuple(document.pk for document in [*mine, *closed])

    chosen = selected_documents(alice, Selection(ids=ids))
    everything = selected_documents(alice, Selection(narrowed=EVERYTHING, last_id=mine[1].pk))
    rest = selected_documents(alice, Selection(narrowed=EVERYTHING, after=mine[0].pk))

    assert list(chosen) == mine
    assert (list(everything), list(rest)) == (mine[:2], mine[1:])


def test_a_run_that_is_out_of_time_says_where_the_next_one_goes_on(alice, reports):
    mine = notes(reports, 3)
    selection = Selection(narrowed=EVERYTHING)

    first = delete_selected(selected_documents(alice, selection), Tally(), seconds=0)
    second = delete_selected(selected_documents(alice, Selection(narrowed=EVERYTHING, after=first.last)), first)

    assert first == Tally(done=1, last=mine[0].pk, left=2)
    assert second == Tally(done=3, last=mine[2].pk, left=0)
    assert not Document.objects.exists()


def test_moving_counts_what_moved_what_was_there_already_and_what_is_worked_on(alice, reports):
    archive = make_collection("archive")
    mine = notes(reports, 2)
    upload_text(archive, "twin.txt", "Note 0 of reports")

    tally = move_selected(selected_documents(alice, Selection(narrowed=EVERYTHING)), archive, Tally())

    assert tally == Tally(done=1, duplicates=1, last=mine[1].pk)
    assert sorted(archive.documents.values_list("name", flat=True)) == ["note 1.txt", "twin.txt"]


def test_trying_again_is_for_what_failed_alone(alice, reports):
    mine = notes(reports, 3)
    fail(*mine[:2])

    assert retry_selected(selected_documents(alice, Selection(narrowed=EVERYTHING)), Tally()).done == 2
    assert set(Document.objects.values_list("status", flat=True)) == {"pending"}


def test_deleting_asks_first_and_says_how_many(alice, reports):
    mine = notes(reports, 3)
    client, sent = client_of(alice), {"action": "delete", "document": [mine[0].pk, mine[1].pk]}

    question = client.post("/documents/chosen", sent).content.decode()
    assert "Delete 2 documents?" in question and "note 0.txt" in question
    assert Document.objects.count() == 3
    response = client.post("/documents/chosen", sent | {"confirmed": "1"}, follow=True)

    assert messages(response) == ["2 documents were deleted."]
    assert list(Document.objects.all()) == [mine[2]]


def test_all_that_match_are_those_of_the_list_they_were_chosen_in(alice, reports):
    notes(reports, 3)
    upload_text(reports, "other.txt", "Another one.")
    client, sent = client_of(alice), {"action": "delete", "all": "1", "search": "note", "collection": "reports"}

    assert b"Delete 3 documents?" in client.post("/documents/chosen", sent).content
    response = client.post("/documents/chosen", sent | {"confirmed": "1"}, follow=True)

    assert response.redirect_chain == [("/documents?search=note&collection=reports", 302)]
    assert list(Document.objects.values_list("name", flat=True)) == ["other.txt"]


def test_a_move_needs_a_collection_to_which_its_mover_may_add(alice, reports):
    closed = make_collection("closed", adders=Adders.STAFF)
    [note] = notes(reports, 1)
    client, sent = client_of(alice), {"action": "move", "document": note.pk, "confirmed": "1"}

    for target in (closed.slug, "nowhere", "", "\0"):
        assert client.post("/documents/chosen", sent | {"target": target}).status_code == 404
    assert Document.objects.get().collection == reports


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"action": "delete"},
        {"action": "explode", "document": "1"},
        {"action": "delete", "document": ["x", "-1", "9" * 30, "²", "\0"], "confirmed": "1"},
        {"action": "delete", "all": "1", "search": "\0zebra", "status": "nonsense", "last": "x", "after": "9" * 19},
        {"action": "move", "document": "0", "target": "reports"},
    ],
)
def test_what_makes_no_sense_changes_nothing_and_leads_back(alice, reports, sent):
    notes(reports, 2)

    response = client_of(alice).post("/documents/chosen", sent)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/documents")
    assert Document.objects.count() == 2


def test_strangers_and_those_who_may_only_read_change_nothing(alice, reports):
    Collection.objects.update(adders=Adders.STAFF)
    [note] = notes(reports, 1)
    sent = {"action": "delete", "document": note.pk, "confirmed": "1"}

    assert Client().post("/documents/chosen", sent).headers["Location"].startswith("/login")
    response = client_of(alice).post("/documents/chosen", sent, follow=True)

    assert messages(response) == ["No document was chosen that you may change."]
    assert Document.objects.exists()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(alice)
    assert careful.post("/documents/chosen", sent).status_code == 403


def test_the_same_deletion_sent_twice_deletes_once(alice, reports):
    [note] = notes(reports, 1)
    client, sent = client_of(alice), {"action": "delete", "document": note.pk, "confirmed": "1"}

    answers = [messages(client.post("/documents/chosen", sent, follow=True)) for _ in range(2)]

    assert answers == [["1 document was deleted."], ["No document was chosen that you may change."]]


def test_a_list_is_sorted_by_what_its_address_says_and_by_nothing_else(alice, reports):
    for number, name in enumerate(["beta.txt", "Alpha.txt", "gamma.txt"]):
        upload_text(reports, name, "x" * (10 + number) + name)
    client = client_of(alice)

    def names(sort: str) -> list[str]:
        return [document.name for document in client.get(f"/documents?sort={sort}").context["page"]]

    assert names("name") == ["Alpha.txt", "beta.txt", "gamma.txt"]
    assert names("-size")[-1] == "beta.txt"
    assert names("added") == names("")[::-1] == ["beta.txt", "Alpha.txt", "gamma.txt"]
    assert {known_sort(sort) for sort in ("sha256", "--name", "-", "name;", "\0")} == {"-added"}
    assert [next_sort("size", sort) for sort in ("name", "-size", "size")] == ["-size", "size", "-size"]


def test_those_in_quarantine_are_listed_for_who_may_change_them_alone(alice, reports):
    closed = make_collection("closed", adders=Adders.STAFF)
    for document in (*notes(reports, 2)[:1], *notes(closed, 1)):
        Document.objects.filter(pk=document.pk).update(quarantined_at="2026-01-01T00:00Z", quarantine_reason="Orders.")

    shown = client_of(alice).get("/documents?status=quarantined").context["page"]

    assert [document.name for document in shown] == ["note 0.txt"]
    assert [document.collection for document in shown] == [reports]


def test_the_list_costs_as_many_queries_with_many_rows_as_with_few(alice, reports, django_assert_max_num_queries):
    notes(reports, 25)
    client = client_of(alice)
    client.get("/documents")

    with django_assert_max_num_queries(16):
        client.get("/documents")
