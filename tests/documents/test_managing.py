"""Indexing again, retrying and deleting: one statement each, and a worker in between loses its lease."""

import pytest

from documents.indexing import LeaseLost, index_document
from documents.managing import delete_document, index_again, retry
from documents.models import Chunk, Document, Status, TokenFrequency
from documents.options import indexing_options
from tests.library import index_text, make_collection, upload_text

pytestmark = pytest.mark.django_db


def test_a_ready_document_indexed_again_stays_searchable_meanwhile():
    document = index_text(make_collection(), "cats.txt", "Cats purr.")

    accepted = [index_again(document), index_again(document)]

    again = Document.objects.get()
    assert accepted == [True, False]
    assert (again.status, again.attempts, again.generation, again.chunks.count()) == (Status.PENDING, 0, 2, 1)


def test_only_a_failed_document_is_retried():
    document = upload_text(make_collection(), "cats.txt", "Cats purr.")
    waiting = retry(document)
    Document.objects.update(status=Status.FAILED, error="No luck.", error_code="embedding", attempts=2)

    assert (waiting, retry(document), retry(document)) == (False, True, False)
    again = Document.objects.get()
    assert (again.status, again.error, again.error_code, again.attempts) == (Status.PENDING, "", "", 0)


def test_deleting_leaves_nothing_behind():
    document = index_text(make_collection(), "cats.txt", "Cats purr.")

    delete_document(document)

    assert [model.objects.count() for model in (Document, Chunk, TokenFrequency)] == [0, 0, 0]


def test_deleting_wins_over_indexing():
    upload_text(make_collection(), "cats.txt", "Cats purr.")
    claimed = Document.objects.claim_next()
    assert claimed is not None

    delete_document(claimed)

    with pytest.raises(LeaseLost):
        index_document(claimed, indexing_options())
    assert Chunk.objects.count() == 0
