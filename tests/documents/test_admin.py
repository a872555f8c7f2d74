"""The admin's pages on documents: look, index again, delete; what each member of staff may see and do."""

import re
from collections.abc import Sequence

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.models import (
    Chunk,
    Collection,
    Document,
    Embedding,
    EmbeddingIndex,
    OriginalPart,
    Page,
    Readers,
    Status,
    TokenFrequency,
    Worker,
)
from tests.library import index_text

pytestmark = pytest.mark.django_db

LIST = "/admin/documents/document/"
UPLOAD = "/admin/documents/document/add/"
CATS = "Cats purr when they are content. A purr is a low rumble."
DOGS = "Dogs bark at strangers. A bark is loud and short."
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.get(slug="documents")


@pytest.fixture
def alice_client(client: Client, alice: User) -> Client:
    client.force_login(alice)
    client.get("/account")  # the first request of a session notes it: that is counted in no test
    return client


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice")


def staff(name: str, *permissions: str) -> User:
    """A member of staff who is no superuser, with Django's permissions on documents."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="documents", codename__in=permissions))
    return user


def bare_document(collection: Collection, number: int, **fields: object) -> Document:
    values = {"name": f"report-{number}.pdf", "media_type": "application/pdf", "size_bytes": 2048, **fields}
    return Document.objects.create(collection=collection, sha256=f"{number:064}", **values)


def told(response: HttpResponseBase) -> list[str]:
    """The messages the admin shows next."""
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def act(client: Client, action: str, documents: Sequence[Document], **more: str) -> HttpResponseBase:
    return client.post(LIST, {"action": action, "_selected_action": [document.pk for document in documents], **more})


def test_a_visitor_is_sent_to_the_sign_in_page(client: Client):
    response = client.get(LIST)

    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={LIST}")


def test_somebody_who_is_not_staff_is_kept_out(client: Client):
    client.force_login(User.objects.create_user("charlie"))

    assert client.get(LIST).status_code == 302


def test_staff_see_only_documents_of_collections_they_may_read(client: Client, collection: Collection):
    secret = Collection.objects.create(name="Secret", slug="secret", readers=Readers.MEMBERS)
    hidden = bare_document(secret, 1, name="hidden.pdf")
    bare_document(collection, 2, name="open.pdf")
    client.force_login(staff("bob", "view_document", "change_document", "delete_document"))

    page = client.get(LIST).content.decode()

    assert "open.pdf" in page
    assert "hidden.pdf" not in page
    assert "Secret" not in page
    assert client.get(f"{LIST}{hidden.pk}/change/").status_code == 302


def test_a_list_of_fifty_documents_is_a_few_queries_and_reads_no_content(
    alice_client: Client, collection: Collection, django_assert_max_num_queries
):
    for number in range(50):
        bare_document(collection, number)

    with django_assert_max_num_queries(10), CaptureQueriesContext(connection) as queries:
        response = alice_client.get(LIST)

    assert response.context["cl"].result_count == 50
    asked = " ".join(query["sql"] for query in queries)
    assert not re.search("documents_(originalpart|page|chunk|embedding)", asked)


def test_the_list_can_be_searched_and_filtered(alice_client: Client, collection: Collection):
    bare_document(collection, 1, name="cats.pdf")
    bare_document(collection, 2, name="dogs.pdf", status=Status.FAILED, error="It is damaged.")

    def names(query: str) -> list[str]:
        return [document.name for document in alice_client.get(f"{LIST}?{query}").context["cl"].result_list]

    assert names("q=cats") == ["cats.pdf"]
    assert names("status__exact=failed") == ["dogs.pdf"]
    assert names(f"collection__id__exact={collection.pk}") == ["dogs.pdf", "cats.pdf"]
    assert names("media_type=application%2Fpdf&status__exact=pending") == ["cats.pdf"]


def test_a_document_shows_its_whole_error_and_nothing_to_edit(alice_client: Client, collection: Collection):
    error = "The file is damaged. " * 30
    document = bare_document(collection, 1, status=Status.FAILED, error=error)

    response = alice_client.get(f"{LIST}{document.pk}/change/")
    page = response.content.decode()

    assert error.strip() in page
    assert reverse("document-original", args=[document.pk]) in page
    assert "Not read yet" in page
    assert 'name="name"' not in page
    assert 'name="_save"' not in page
    assert alice_client.post(f"{LIST}{document.pk}/change/", {"name": "other"}).status_code == 403


def test_what_a_file_says_of_itself_is_shown_escaped_and_searched(alice_client: Client, collection: Collection):
    document = bare_document(collection, 1, about="On <b>cats</b> · Ann Aster")
    bare_document(collection, 2, about="On dogs")

    page = alice_client.get(f"{LIST}{document.pk}/change/").content.decode()
    found = alice_client.get(f"{LIST}?q=aster").context["cl"].result_list

    assert "On &lt;b&gt;cats&lt;/b&gt; · Ann Aster" in page
    assert 'name="about"' not in page
    assert list(found) == [document]


def test_a_ready_document_links_to_the_text_of_its_pages(alice_client: Client, collection: Collection):
    document = index_text(collection, "cats.txt", CATS)

    page = alice_client.get(f"{LIST}{document.pk}/change/").content.decode()

    assert reverse("document-page", args=[document.pk, 1]) in page


def test_deleting_a_document_takes_all_its_rows_and_gives_back_its_token_frequencies(
    alice_client: Client, collection: Collection
):
    kept = index_text(collection, "cats.txt", CATS)
    before = sorted(TokenFrequency.objects.values_list("token", "chunks"))
    doomed = index_text(collection, "dogs.txt", DOGS)
    assert sorted(TokenFrequency.objects.values_list("token", "chunks")) != before

    question = act(alice_client, "delete_selected", [doomed])
    with CaptureQueriesContext(connection) as queries:
        act(alice_client, "delete_selected", [doomed], post="yes")

    assert question.status_code == 200
    assert list(Document.objects.all()) == [kept]
    for rows in (OriginalPart, Page, Chunk):
        assert set(rows.objects.values_list("document", flat=True)) == {kept.pk}
    assert set(Embedding.objects.values_list("chunk__document", flat=True)) == {kept.pk}
    assert sorted(TokenFrequency.objects.values_list("token", "chunks")) == before
    # The database takes the rows along: none of them is read.
    asked = " ".join(query["sql"] for query in queries)
    assert not re.search("documents_(originalpart|page|chunk|embedding)", asked)


def test_a_single_document_is_deleted_from_its_own_page(alice_client: Client, collection: Collection):
    document = index_text(collection, "cats.txt", CATS)

    alice_client.post(f"{LIST}{document.pk}/delete/", {"post": "yes"})

    assert not Document.objects.exists()
    assert not Chunk.objects.exists()
    assert not TokenFrequency.objects.exists()


def test_the_question_before_deleting_names_a_hundred_and_counts_the_rest(
    alice_client: Client, collection: Collection, django_assert_max_num_queries
):
    documents = [bare_document(collection, number) for number in range(120)]

    with django_assert_max_num_queries(10):
        response = act(alice_client, "delete_selected", documents)

    named = response.context["deletable_objects"][0]  # type: ignore[attr-defined]
    assert (len(named), named[-1]) == (101, "… and 20 more")


def test_staff_may_not_delete_from_a_collection_they_may_not_add_to(client: Client):
    library = Collection.objects.create(name="Library", slug="library", adders="members")
    document = bare_document(library, 1)
    client.force_login(staff("bob", "view_document", "delete_document"))

    question = act(client, "delete_selected", [document])
    act(client, "delete_selected", [document], post="yes")
    client.post(f"{LIST}{document.pk}/delete/", {"post": "yes"})

    assert question.context["protected"] == ["You may not remove documents from Library."]  # type: ignore[attr-defined]
    assert Document.objects.filter(pk=document.pk).exists()


def test_documents_are_put_back_in_line_to_be_indexed_again(alice_client: Client, collection: Collection):
    document = index_text(collection, "cats.txt", CATS)

    response = act(alice_client, "index_again_selected", [document])

    document.refresh_from_db()
    assert (document.status, document.generation) == ("pending", 2)
    assert told(response) == ["1 document waits to be indexed."]


def test_retrying_touches_failed_documents_alone(alice_client: Client, collection: Collection):
    failed = bare_document(collection, 1, status=Status.FAILED, error="It is damaged.", attempts=3)
    ready = index_text(collection, "cats.txt", CATS)

    response = act(alice_client, "retry_failed", [failed, ready])

    failed.refresh_from_db()
    ready.refresh_from_db()
    assert (failed.status, failed.error, failed.attempts, ready.status) == ("pending", "", 0, "ready")
    assert told(response) == ["1 document waits to be indexed."]


def test_staff_who_may_only_look_have_no_actions(client: Client, collection: Collection):
    document = bare_document(collection, 1, status=Status.FAILED, error="It is damaged.")
    client.force_login(staff("bob", "view_document"))

    act(client, "retry_failed", [document])

    document.refresh_from_db()
    assert document.status == "failed"


def test_collections_are_listed_with_how_many_documents_they_hold(
    alice_client: Client, collection: Collection, django_assert_max_num_queries
):
    bare_document(collection, 1)
    index_text(collection, "cats.txt", CATS)
    for number in range(30):
        Collection.objects.create(name=f"Shelf {number}", slug=f"shelf-{number}")

    with django_assert_max_num_queries(8):
        response = alice_client.get("/admin/documents/collection/")

    counts = {row.slug: (row.documents_count, row.ready_count) for row in response.context["cl"].result_list}
    assert (counts["documents"], counts["shelf-7"]) == ((2, 1), (0, 0))


def test_a_collection_that_holds_documents_is_not_deleted(alice_client: Client, collection: Collection):
    bare_document(collection, 1)
    address = f"/admin/documents/collection/{collection.pk}/delete/"

    question = alice_client.get(address)
    alice_client.post(address, {"post": "yes"})

    assert question.context["protected"] == ["Documents holds 1 document: delete it first."]
    assert Collection.objects.filter(pk=collection.pk).exists()


def test_whoever_makes_a_collection_for_members_is_one(client: Client):
    bob = staff("bob", "add_collection", "change_collection", "view_collection")
    client.force_login(bob)

    client.post(
        "/admin/documents/collection/add/",
        {"name": "Ours", "slug": "ours", "readers": "members", "adders": "members"},
    )

    assert list(Collection.objects.get(slug="ours").members.all()) == [bob]


def test_indexes_and_workers_are_looked_at_only(alice_client: Client, collection: Collection):
    index_text(collection, "cats.txt", CATS)
    Worker.objects.create(name="worker.1", seen_at="2026-11-23T12:00:00Z")

    indexes = alice_client.get("/admin/documents/embeddingindex/").context["cl"].result_list
    workers = alice_client.get("/admin/documents/worker/").context["cl"].result_list

    assert [(index.model, index.embeddings_count) for index in indexes] == [
        (EmbeddingIndex.objects.get().model, Embedding.objects.count())
    ]
    assert [worker.name for worker in workers] == ["worker.1"]
    assert alice_client.get("/admin/documents/worker/add/").status_code == 403
    assert alice_client.get("/admin/documents/embeddingindex/add/").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        LIST,
        UPLOAD,
        "/admin/documents/collection/",
        "/admin/documents/collection/add/",
        "/admin/auth/user/add/",
        "/admin/auth/group/add/",
        "/admin/answers/answer/",
    ],
)
def test_no_page_of_the_admin_holds_inline_script_or_style(alice_client: Client, address: str):
    response = alice_client.get(address)

    assert response.status_code == 200
    assert INLINE.search(response.content.decode()) is None
    assert "script-src 'self'" in response["Content-Security-Policy"]
