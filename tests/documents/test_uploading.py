"""Uploads: what is accepted is stored whole and once; what is not leaves nothing behind."""

import io
import threading

import pytest
from django.db import connection

from documents.models import Collection, Document, OriginalPart, Status
from documents.parsing.content import CorruptFile, EmptyFile, FileTooLarge, UnsupportedFile
from documents.uploading import PART_BYTES, accept_upload, clean_name, original_bytes
from tests.library import make_collection, make_user


@pytest.mark.django_db
def test_an_upload_becomes_a_waiting_document_with_its_bytes():
    alice, reports = make_user(), make_collection()

    upload = accept_upload(io.BytesIO(b"Cats purr."), "folder/cats.txt", reports, alice, 100)

    document = upload.document
    assert (upload.created, document.name, document.media_type, document.status) == (
        True,
        "cats.txt",
        "text/plain",
        Status.PENDING,
    )
    assert b"".join(original_bytes(document)) == b"Cats purr."


@pytest.mark.django_db
def test_an_original_larger_than_a_part_comes_back_byte_for_byte():
    content = b"".join(b"line %d\n" % number for number in range(400_000))

    document = accept_upload(io.BytesIO(content), "long.txt", make_collection(), None, 10 * PART_BYTES).document

    assert len(content) > 2 * PART_BYTES
    assert [len(part) for part in original_bytes(document)][:-1] == [PART_BYTES] * (len(content) // PART_BYTES)
    assert b"".join(original_bytes(document)) == content


@pytest.mark.django_db
def test_the_same_bytes_in_the_same_collection_are_one_document():
    reports, other = make_collection(), make_collection("other")
    first = accept_upload(io.BytesIO(b"Cats purr."), "a.txt", reports, None, 100)

    again = accept_upload(io.BytesIO(b"Cats purr."), "b.txt", reports, None, 100)
    elsewhere = accept_upload(io.BytesIO(b"Cats purr."), "a.txt", other, None, 100)

    assert (again.created, again.document) == (False, first.document)
    assert elsewhere.created


@pytest.mark.django_db(transaction=True)
def test_the_same_file_many_times_at_once_is_one_document():
    reports = make_collection()
    created: list[bool] = []
    together = threading.Barrier(8)

    def upload() -> None:
        try:
            together.wait()
            created.append(accept_upload(io.BytesIO(b"Cats purr."), "a.txt", reports, None, 100).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(created) == [False] * 7 + [True]
    assert (Document.objects.count(), OriginalPart.objects.count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "empty.txt", EmptyFile),
        (b"x" * 101, "large.txt", FileTooLarge),
        (b"only words", "report.docx", CorruptFile),
        (bytes(range(256)), "random.bin", UnsupportedFile),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(content, name, error):
    with pytest.raises(error):
        accept_upload(
            io.BytesIO(content), name, Collection.objects.get(slug="documents"), None, 100 if b"xx" in content else 1000
        )

    assert Document.objects.count() == 0


def test_names_keep_their_ending_and_lose_what_cannot_be_stored():
    assert clean_name("C:\\Users\\me\\Report 2024.pdf") == "Report 2024.pdf"
    assert clean_name("a\x00b\ud800.txt") == "ab.txt"
    assert clean_name(" \n ") == "untitled"
    assert clean_name("x" * 300 + ".docx") == "x" * 250 + ".docx"
