"""The pages about documents, as Alice who adds, Bob who may only read, and a stranger see them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from documents.models import Adders, Collection, Document, Page, Readers, Status
from tests.library import index_file, index_text, make_collection, make_user, upload_text
from tests.small_pdf import make_pdf

CATS = "Cats purr when they are content.\n\nA cat sleeps for twelve to sixteen hours a day."
ORIGINAL_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Length": "",
    "Content-Disposition": "",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
NAMES = re.compile(r'class="document-name"[^>]*>([^<]*)<')


@pytest.fixture
def alice(db):
    client = Client()
    client.force_login(make_user("alice"))
    return client


@pytest.fixture
def reports(db) -> Collection:
    return make_collection("reports")


def names(response) -> list[str]:
    return NAMES.findall(response.content.decode())


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def fail(document: Document, reason: str) -> None:
    Document.objects.filter(pk=document.pk).update(status=Status.FAILED, error=reason, error_code="corrupt")


def messages(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# The list


def test_a_stranger_is_sent_to_sign_in(client, reports):
    assert client.get("/documents").headers["Location"] == "/login?next=/documents"


def test_a_stranger_sees_what_is_open_to_everybody_and_may_change_nothing(client, reports):
    upload_text(make_collection("open", readers=Readers.PUBLIC), "open.txt", CATS)
    upload_text(reports, "closed.txt", CATS)

    response = client.get("/documents")

    assert names(response) == ["open.txt"]
    assert "Delete" not in re.sub(r"(?s)<dialog.*</dialog>", "", response.content.decode())
    assert "upload-form" not in response.content.decode()


def test_nobody_sees_documents_of_collections_closed_to_them(alice):
    upload_text(make_collection("secret", readers=Readers.MEMBERS), "vault.txt", CATS)

    assert names(alice.get("/documents")) == []


def test_the_list_is_searched_and_narrowed(alice, reports):
    upload_text(reports, "Annual report.txt", CATS)
    fail(upload_text(reports, "Report of the year.txt", CATS + "2"), "The file is damaged.")
    upload_text(make_collection("other"), "annual REPORT.txt", CATS)

    assert names(alice.get("/documents?search=report+ANNUAL")) == ["annual REPORT.txt", "Annual report.txt"]
    assert names(alice.get("/documents?status=failed")) == ["Report of the year.txt"]
    assert names(alice.get("/documents?collection=reports&search=annual")) == ["Annual report.txt"]
    assert len(names(alice.get("/documents?status=nonsense"))) == 3
    assert b"No document matches" in alice.get("/documents?search=zebra").content


def test_a_long_list_is_paged_and_keeps_its_filter(alice, reports):
    for number in range(26):
        upload_text(reports, f"note {number}.txt", f"{CATS} {number}")

    first, second = alice.get("/documents?search=note"), alice.get("/documents?search=note&page=2")

    assert (len(names(first)), names(second)) == (25, ["note 0.txt"])
    assert b'href="?search=note&amp;page=2"' in first.content
    assert len(names(alice.get("/documents?page=nonsense"))) == 25


def test_a_failed_document_says_why_and_one_at_work_how_far_it_is(alice, reports):
    fail(upload_text(reports, "broken.txt", CATS), "The file is damaged: <b>bold</b>.")
    working = upload_text(reports, "long.txt", CATS + "2")
    Document.objects.filter(pk=working.pk).update(
        status=Status.PROCESSING,
        stage="embedding",
        pages_done=10,
        pages_total=10,
        chunks_done=30,
        chunks_total=60,
        lease_until="2030-01-01T00:00Z",
        lease_token="00000000-0000-0000-0000-000000000001",
    )

    page = alice.get("/documents").content.decode()

    assert "The file is damaged: &lt;b&gt;bold&lt;/b&gt;." in page
    assert 'value="60"' in page and "Indexed 30 of 60 passages" in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_an_empty_list_says_what_to_do_first(alice):
    assert b"No documents yet" in alice.get("/documents").content


# Adding


def test_files_sent_without_javascript_are_taken_each_with_its_own_word(alice, reports):
    twice = file("cats.txt", CATS.encode()), file("again.txt", CATS.encode()), file("empty.txt", b"")

    response = alice.post("/upload", {"collection": "reports", "file": twice}, follow=True)

    assert response.redirect_chain == [("/documents", 302)]
    assert messages(response) == [
        "cats.txt was added. It can be asked about as soon as it is ready.",
        "again.txt is already here, as cats.txt. It was not added again.",
        "empty.txt: The file is empty.",
    ]
    assert list(Document.objects.values_list("name", "uploader__username")) == [("cats.txt", "alice")]


def test_an_upload_needs_a_file_a_person_and_a_collection_open_to_them(client, alice, reports):
    make_collection("staff-only", adders=Adders.STAFF)

    assert messages(alice.post("/upload", {"collection": "reports"}, follow=True)) == ["No file was chosen."]
    assert alice.post("/upload", {"collection": "staff-only", "file": file("a.txt", b"Cats")}).status_code == 404
    assert client.post("/upload", {"collection": "reports", "file": file("a.txt", b"Cats")}).status_code == 302
    assert not Document.objects.exists()


def test_an_upload_from_another_site_is_refused(reports):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make_user("alice"))

    assert careful.post("/upload", {"collection": "reports", "file": file("a.txt", b"Cats")}).status_code == 403


# Deleting and trying again


def test_a_document_is_deleted_after_it_was_asked(alice, reports):
    document = index_text(reports, "cats.txt", CATS)
    address = reverse("document-delete", args=[document.pk])

    assert b"Delete this document?" in alice.get(address).content
    assert Document.objects.exists()
    assert messages(alice.post(address, follow=True)) == ["cats.txt was deleted."]
    assert not Document.objects.exists() and not Page.objects.exists()


def test_a_failed_document_is_tried_again(alice, reports):
    document = upload_text(reports, "cats.txt", CATS)
    fail(document, "The file is damaged.")

    response = alice.post(reverse("document-retry", args=[document.pk]), follow=True)

    assert messages(response) == ["cats.txt will be tried again."]
    assert list(Document.objects.values_list("status", "error")) == [("pending", "")]


def test_who_may_only_read_neither_deletes_nor_tries_again(reports):
    Collection.objects.update(adders=Adders.STAFF)
    document = upload_text(reports, "cats.txt", CATS)
    bob = Client()
    bob.force_login(make_user("bob"))

    answers = [bob.post(reverse(name, args=[document.pk])) for name in ("document-delete", "document-retry")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Document.objects.get().status == Status.PENDING


# The viewer


def test_the_viewer_marks_the_quote_in_the_text_of_its_page(alice, reports):
    document = index_text(reports, "cats.txt", CATS)
    text = document.pages.get(number=1).text
    start = text.index("A cat sleeps")

    response = alice.get(f"/documents/{document.pk}/pages/1?start={start}&end={start + 12}")

    assert '<mark id="quote">A cat sleeps</mark>' in response.content.decode()
    assert text[start : start + 12] == "A cat sleeps"


@pytest.mark.parametrize("offsets", ["start=-5&end=2", "start=x&end=y", "start=9&end=2", "start=²&end=³", "end=9e9"])
def test_offsets_that_make_no_sense_mark_nothing(alice, reports, offsets: str):
    document = index_text(reports, "cats.txt", CATS)
    response = alice.get(f"/documents/{document.pk}/pages/1?{offsets}")

    assert response.status_code == 200
    assert "A cat sleeps for twelve" in response.content.decode()


def test_an_end_beyond_the_page_is_its_end(alice, reports):
    document = index_text(reports, "cats.txt", CATS)

    page = alice.get(f"/documents/{document.pk}/pages/1?start=0&end=99999999999").content.decode()

    assert page.count("<mark") == 1 and "hours a day.</mark>" in page


def test_text_of_a_file_is_shown_and_never_run(alice, reports):
    document = index_text(reports, "evil.txt", "Cats <script>alert(1)</script> purr {{ secret }} {% now %}.")

    page = alice.get(f"/documents/{document.pk}/pages/1").content.decode()

    assert "Cats &lt;script&gt;alert(1)&lt;/script&gt; purr {{ secret }} {% now %}." in page


def test_the_viewer_tells_what_the_file_says_of_itself_escaped_and_cut(alice, reports):
    said = f"---\ntitle: On <i>cats</i>\nauthor: {'Ann ' * 200}\n---\nCats purr."
    told, silent = index_text(reports, "told.md", said), index_text(reports, "silent.md", "Cats sleep.")

    page = alice.get(f"/documents/{told.pk}/pages/1").content.decode()
    other = alice.get(f"/documents/{silent.pk}/pages/1").content.decode()

    about = re.search(r'<p class="viewer-about">(.*)</p>', page)
    assert about is not None and about[1].startswith("About this file: On &lt;i&gt;cats&lt;/i&gt; · Ann Ann")
    assert about[1].endswith("…") and len(about[1]) < 350
    assert "About this file" not in other


def test_pages_lead_to_each_other(alice, reports):
    document = index_file(reports, "three.pdf", make_pdf([["One cat."], ["Two cats."], ["Three cats."]]))
    address = f"/documents/{document.pk}/pages/"

    first, second, third = (alice.get(f"{address}{number}").content.decode() for number in (1, 2, 3))

    assert 'rel="prev"' not in first and f'rel="next" href="{address}2"' in first
    assert f'rel="prev" href="{address}1"' in second and f'rel="next" href="{address}3"' in second
    assert 'rel="next"' not in third and 'value="3"' in third and "of 3" in third
    assert f'href="/documents/{document.pk}/original"' in third
    assert alice.get(f"{address}4").status_code == 404


def test_pages_and_originals_of_closed_collections_look_missing(alice, client):
    document = index_text(make_collection("secret", readers=Readers.MEMBERS), "vault.txt", CATS)
    make_collection("open", readers=Readers.PUBLIC)
    addresses = f"/documents/{document.pk}/pages/1", f"/documents/{document.pk}/original"

    assert [visitor.get(address).status_code for visitor in (alice, client) for address in addresses] == [404] * 4


# The original


def test_an_original_is_saved_byte_for_byte_and_may_do_nothing_where_it_is_shown(alice, reports):
    content = make_pdf([["Cats purr."]]) + b"%" * 1_500_000  # more than one stored part
    document = index_file(reports, 'Kätzchen "quoted".pdf', content)

    response = alice.get(f"/documents/{document.pk}/original")

    assert b"".join(response) == content
    assert {name: response.headers[name] for name in ORIGINAL_HEADERS} == {
        **ORIGINAL_HEADERS,
        "Content-Length": str(len(content)),
        "Content-Disposition": "attachment; filename*=utf-8''K%C3%A4tzchen%20%22quoted%22.pdf",
    }


def test_a_page_of_html_comes_from_both_doors_as_bytes_to_be_saved(alice, reports):
    document = upload_text(reports, "page.html", "<html><body><script>alert(1)</script></body></html>")

    for door in ("", "/api"):
        response = alice.get(f"{door}/documents/{document.pk}/original")

        assert {name: response.headers[name] for name in ORIGINAL_HEADERS} == {
            **ORIGINAL_HEADERS,
            "Content-Length": str(document.size_bytes),
            "Content-Disposition": 'attachment; filename="page.html"',
        }
