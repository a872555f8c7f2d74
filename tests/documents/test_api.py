"""The REST door to documents: upload, follow, read, fetch, retry, delete; and what each person may of it."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.models import Collection, Document, Status
from tests.callers import key_client
from tests.library import index_text, make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db

OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how Office's own container begins


def file(name: str = "cats.txt", content: bytes = b"Cats purr.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def code_of(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.content)["code"]


# Uploading


def test_an_upload_becomes_a_waiting_document_of_the_default_collection():
    response = key_client(make_user()).post("/api/documents", {"file": file()})

    document = Document.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": document.pk,
        "name": "cats.txt",
        "about": "",
        "status": "pending",
        "stage": "",
        "progress": 0.0,
        "error": "",
        "error_code": "",
        "collection": "documents",
        "media_type": "text/plain",
        "size_bytes": 10,
        "sha256": document.sha256,
        "pages": 0,
        "chunks": 0,
        "attempts": 0,
        "created_at": document.created_at.isoformat().replace("+00:00", "Z"),
        "ready_at": None,
        "quarantined": False,
        "may_change": True,
        "duplicate": False,
    }


def test_the_same_bytes_in_the_same_collection_answer_with_the_document_that_stands_there():
    client = key_client(make_user())
    first = client.post("/api/documents", {"file": file()}).json()

    again = client.post("/api/documents", {"file": file("other-name.txt")})

    assert (again.status_code, again.json()) == (200, first | {"duplicate": True})


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("empty.txt", b"", (422, "empty")),
        ("broken.docx", b"PK\x03\x04" + b"\0" * 100, (422, "corrupt")),
        ("locked.docx", OFFICE + "EncryptionInfo".encode("utf-16-le"), (422, "encrypted")),
        ("program.exe", b"MZ" + bytes(range(256)) * 8, (415, "unsupported")),
        ("large.txt", b"x" * 101, (413, "too_large")),
    ],
)
def test_a_file_that_is_not_taken_says_why(name: str, content: bytes, refusal: tuple[int, str], settings: Any):
    settings.QABOT_MAX_UPLOAD_BYTES = 100 if name == "large.txt" else 10_000

    response = key_client(make_user()).post("/api/documents", {"file": file(name, content)})

    assert (code_of(response), Document.objects.count()) == (refusal, 0)


def test_a_body_far_over_the_limit_is_not_even_read(settings: Any):
    settings.QABOT_MAX_UPLOAD_BYTES = 100

    response = key_client(make_user()).post("/api/documents", {"file": file(content=b"x" * 1_100_000)})

    assert json.loads(response.content)["detail"] == "The request is larger than what can be taken."


def test_an_upload_without_a_file_is_invalid():
    response = key_client(make_user()).post("/api/documents", {"collection": "documents"})

    assert (code_of(response), response.json()["errors"]) == ((400, "invalid"), {"file": ["No file was submitted."]})


def test_an_upload_goes_where_its_person_may_add():
    alice, bob = make_user(), make_user("bob")
    shelf = make_collection(readers="public", adders="members")
    shelf.members.add(alice)
    hidden = make_collection("hidden", readers="members", adders="members")

    def upload(person: Any, slug: str) -> tuple[int, str]:
        response = key_client(person).post("/api/documents", {"file": file(), "collection": slug})
        return (201, "") if response.status_code == 201 else code_of(response)

    assert [upload(alice, shelf.slug), upload(bob, shelf.slug)] == [(201, ""), (403, "permission_denied")]
    assert [upload(bob, hidden.slug), upload(bob, "no-such")] == [(404, "not_found"), (404, "not_found")]


def test_a_key_without_the_right_to_write_uploads_nothing():
    response = key_client(make_user(), "ask", "read").post("/api/documents", {"file": file()})

    assert (code_of(response), Document.objects.count()) == ((403, "permission_denied"), 0)


def test_a_session_uploads_with_its_csrf_token_only():
    alice = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.cookies["csrftoken"] = token = "a" * 32

    without = client.post("/api/documents", {"file": file()})
    with_token = client.post("/api/documents", {"file": file()}, headers={"X-CSRFToken": token})

    assert code_of(without) == (403, "permission_denied")
    assert (with_token.status_code, Document.objects.get().uploader) == (201, alice)


# Reading


def test_a_ready_document_tells_its_pages_and_chunks_and_gives_its_text():
    client = key_client(make_user(), "read")
    document = index_text(Collection.objects.get(), "cats.txt", "Cats purr when content.")

    shown = client.get(f"/api/documents/{document.pk}").json()
    page = client.get(f"/api/documents/{document.pk}/pages/1").json()

    assert [shown[name] for name in ("status", "stage", "progress", "pages", "chunks")] == ["ready", "", 1.0, 1, 1]
    assert page == {
        "document": document.pk,
        "number": 1,
        "label": page["label"],
        "text": "Cats purr when content.",
        "headings": [],
    }
    assert code_of(client.get(f"/api/documents/{document.pk}/pages/2")) == (404, "not_found")


def test_a_document_tells_what_its_file_says_of_itself():
    text = "---\ntitle: On <b>cats</b>\nauthor: Ann Aster\n---\nCats purr."
    document = index_text(Collection.objects.get(), "cats.md", text)

    shown = key_client(make_user(), "read").get(f"/api/documents/{document.pk}").json()

    assert (shown["about"], shown["chunks"]) == ("On <b>cats</b> · Ann Aster", 1)


def test_the_original_comes_back_byte_for_byte_to_be_saved():
    content = "".join(f"<p>line {number}</p>\n" for number in range(100_000))
    document = upload_text(Collection.objects.get(), "ünsafe.html", content)

    response = key_client(make_user(), "read").get(f"/api/documents/{document.pk}/original")

    assert b"".join(response) == content.encode()
    assert {name: response[name] for name in ("Content-Type", "Content-Disposition", "Content-Length")} == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment; filename*=utf-8''%C3%BCnsafe.html",
        "Content-Length": str(len(content)),
    }
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_list_is_narrowed_and_cut_into_pages():
    alice, documents = make_user(), Collection.objects.get()
    shelf = make_collection(readers="signed_in")
    for name in ("black cat.txt", "white cat.txt", "dog.txt"):
        upload_text(documents, name, name)
    upload_text(shelf, "cat on the shelf.txt", "cat")
    Document.objects.filter(name="dog.txt").update(status=Status.FAILED, error="It barks.")
    client = key_client(alice)

    def names(query: str) -> list[str]:
        return [shown["name"] for shown in client.get(f"/api/documents?{query}").json()["results"]]

    assert names("search=cat&collection=documents") == ["white cat.txt", "black cat.txt"]
    assert names("status=failed") == ["dog.txt"]
    assert names("collection=reports") == ["cat on the shelf.txt"]
    assert names("collection=no-such") == []
    second = client.get("/api/documents?page_size=3&page=2").json()
    assert (second["count"], second["next"], len(second["results"])) == (4, None, 1)


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("status=asleep", (400, "invalid")),
        ("search=%00", (400, "invalid")),
        ("page=999999999999999999999", (404, "not_found")),
    ],
)
def test_a_list_cannot_be_asked_for_nonsense(query: str, refusal: tuple[int, str]):
    assert code_of(key_client(make_user()).get(f"/api/documents?{query}")) == refusal


def test_what_a_stranger_may_not_see_is_as_good_as_missing():
    alice, charlie = make_user(), make_user("charlie")
    shelf = make_collection(readers="members", adders="members")
    shelf.members.add(alice)
    document = index_text(shelf, "secret.txt", "The secret is out.")
    client = key_client(charlie)

    for method, path in (
        ("get", "documents/{}"),
        ("get", "documents/{}/original"),
        ("get", "documents/{}/pages/1"),
        ("post", "documents/{}/retry"),
        ("delete", "documents/{}"),
    ):
        foreign = getattr(client, method)("/api/" + path.format(document.pk))
        missing = getattr(client, method)("/api/" + path.format(2**62))
        huge = getattr(client, method)("/api/" + path.format(10**18 * 9 + 3 * 10**17))
        bodies = [{**json.loads(response.content), "request_id": ""} for response in (foreign, missing, huge)]
        assert (code_of(foreign), bodies[1:]) == ((404, "not_found"), [bodies[0]] * 2)
    assert client.get("/api/documents").json()["results"] == []
    assert Document.objects.filter(pk=document.pk).exists()


def test_an_anonymous_visitor_reads_what_is_public_and_changes_nothing(client: Client):
    document = index_text(make_collection(readers="public", adders="signed_in"), "open.txt", "Open to all.")
    index_text(Collection.objects.get(slug="documents"), "closed.txt", "For people who are signed in.")

    listed = client.get("/api/documents").json()["results"]

    assert [(shown["name"], shown["may_change"]) for shown in listed] == [("open.txt", False)]
    assert b"".join(client.get(f"/api/documents/{document.pk}/original")) == b"Open to all."
    assert code_of(client.delete(f"/api/documents/{document.pk}")) == (401, "not_authenticated")
    assert code_of(client.post("/api/documents", {"file": file()})) == (401, "not_authenticated")


# Changing


def test_a_deleted_document_is_gone_with_all_that_belonged_to_it():
    document = index_text(Collection.objects.get(), "cats.txt", "Cats purr.")

    response = key_client(make_user(), "write").delete(f"/api/documents/{document.pk}")

    assert (response.status_code, Document.objects.count(), document.chunks.count()) == (204, 0, 0)


def test_who_may_only_read_a_document_does_not_delete_it():
    document = upload_text(make_collection(readers="signed_in", adders="members"), "cats.txt", "Cats purr.")

    assert code_of(key_client(make_user()).delete(f"/api/documents/{document.pk}")) == (403, "permission_denied")


def test_a_failed_document_is_tried_again_and_only_that():
    document = upload_text(Collection.objects.get(), "cats.txt", "Cats purr.")
    Document.objects.update(status=Status.FAILED, error="No luck.", error_code="embedding", attempts=3)
    client = key_client(make_user(), "write")

    again = client.post(f"/api/documents/{document.pk}/retry")
    once_more = client.post(f"/api/documents/{document.pk}/retry")

    shown = [again.json()[name] for name in ("status", "error", "error_code", "attempts")]
    assert (again.status_code, shown) == (200, ["pending", "", "", 0])
    assert code_of(once_more) == (409, "not_failed")


# Collections


def test_collections_tell_what_they_hold_and_who_may_add():
    index_text(make_collection(readers="signed_in", adders="staff"), "cats.txt", "Cats purr.")
    upload_text(Collection.objects.get(slug="reports"), "dogs.txt", "Dogs bark.")
    client = key_client(make_user(), "read")

    listed = client.get("/api/collections").json()["results"]

    told = [[shown[name] for name in ("slug", "documents_count", "ready_count", "may_add")] for shown in listed]
    assert told == [["documents", 0, 0, True], ["reports", 2, 1, False]]
    assert client.get("/api/collections/reports").json() == listed[1]
    assert code_of(client.get("/api/collections/no-such")) == (404, "not_found")


def test_staff_with_the_permission_make_and_change_collections_and_see_what_they_made():
    client = key_client(shaper())

    made = client.post(
        "/api/collections",
        {"name": "Year reports", "readers": "members", "adders": "members"},
        content_type="application/json",
    )
    changed = client.patch("/api/collections/year-reports", {"readers": "public"}, content_type="application/json")
    again = client.post("/api/collections", {"name": "Year reports"}, content_type="application/json")

    assert (made.status_code, made.json()["slug"], made.json()["may_add"]) == (201, "year-reports", True)
    assert (changed.status_code, changed.json()["readers"]) == (200, "public")
    assert (code_of(again), list(again.json()["errors"])) == ((400, "invalid"), ["slug"])


def shaper() -> Any:
    """Staff who may make and change collections."""
    person = make_user("shaper", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["add_collection", "change_collection"]))
    return person


def test_others_make_no_collections():
    key_without_write, without_permission = key_client(shaper(), "read"), make_user("staff", is_staff=True)

    for client in (key_client(make_user()), key_client(without_permission), key_without_write):
        response = client.post("/api/collections", {"name": "Mine"}, content_type="application/json")
        assert code_of(response) == (403, "permission_denied")
