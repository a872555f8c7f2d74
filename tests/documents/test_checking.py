"""What a check of stored data finds: nothing in what was indexed, and each kind of damage by its own name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from answers.answering import ask
from answers.checking import check_citations
from answers.evaluation.running import QUOTING, scope_of
from answers.models import Conversation
from documents.checking import check_documents
from documents.models import Collection, Document
from qabot.checked import Checked, checked
from qabot.orphans import check_orphans, row_counts
from tests.library import index_text, make_collection, upload_text

pytestmark = pytest.mark.django_db

CATS = "The cat sleeps on the red mat.\n\nIt is fed at seven o'clock every morning."
READY = "each ready document has pages, chunks and an embedding of each chunk"
ORPHANS = "each row that belongs to another finds it"


@pytest.fixture
def pets() -> Collection:
    pets = make_collection("pets")
    index_text(pets, "cats.txt", CATS)
    ask("When is the cat fed?", Conversation.objects.create(), scope_of(pets.pk), QUOTING)
    return pets


def broken() -> dict[str, int]:
    """Promises that are not kept, and by how many rows."""
    checks = [*check_documents(), check_citations(), check_orphans()]
    return {check.promise: check.wrong for check in checks if not check.holds}


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def without_rules() -> Iterator[None]:
    """As a broken disk or an edited dump gets past triggers and foreign keys."""
    run("SET LOCAL session_replication_role = replica")
    yield
    run("SET LOCAL session_replication_role = DEFAULT")


def test_nothing_is_wrong_with_what_was_indexed_and_asked(pets: Collection):
    assert broken() == {}
    assert check_citations().examined > 0
    assert check_orphans().examined > 10
    counts = row_counts()
    assert (counts["documents_document"], counts["answers_answer_collections"]) == (1, 1)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE documents_originalpart SET content = 'The dog'", "each original is the file that was uploaded"),
        ("UPDATE documents_originalpart SET content = overlay(content PLACING 'X' FROM 3)", None),
        ("DELETE FROM documents_embedding", READY),
        ("UPDATE documents_document SET chunks_total = 7", READY),
        ("UPDATE documents_chunk SET text = 'It is fed at eight'", "each chunk is its page's text from start to end"),
        ("UPDATE documents_embedding SET vector = '[1, 0]'", "each vector has its index's dimensions"),
        ("UPDATE documents_tokenfrequency SET chunks = chunks + 1", "token frequencies are what a recount gives"),
        ("DELETE FROM documents_tokenfrequency", "token frequencies are what a recount gives"),
        ("UPDATE answers_citation SET quote = 'It is fed at eight'", "each quote stands at its place in its page"),
    ],
)
def test_each_kind_of_damage_is_found(pets: Collection, damage: str, found: str | None):
    for (name,) in hnsw_indexes():
        run(f"DROP INDEX {name}")  # it would not take a vector of two dimensions
    damage = damage.replace("PLACING 'X'", "PLACING '\\x58'::bytea")
    with without_rules():
        run(damage)

    assert broken().keys() - {"the active index can be searched quickly"} == {
        found or "each original is the file that was uploaded"
    }


def hnsw_indexes() -> list[tuple[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%% USING hnsw %%'")
        return list(cursor.fetchall())


def test_an_active_index_without_its_graph_is_found(pets: Collection):
    for (name,) in hnsw_indexes():
        run(f"DROP INDEX {name}")

    assert broken() == {"the active index can be searched quickly": 1}


def test_a_chunk_in_another_collection_than_its_document_is_found(pets: Collection):
    other = make_collection("other")
    with without_rules():
        run("UPDATE documents_embedding SET collection_id = %s", other.pk)

    assert broken() == {"each chunk is in its document's collection": 1}


def test_rows_of_a_document_that_is_gone_are_found(pets: Collection):
    with without_rules():
        run("DELETE FROM documents_document")

    assert broken()[ORPHANS] >= 4  # original, page, chunk, citation


def test_a_waiting_document_that_nobody_may_claim_is_found(pets: Collection):
    waiting = upload_text(pets, "birds.txt", "Birds sing.")
    Document.objects.filter(pk=waiting.pk).update(lease_until="2200-01-01T00:00Z")

    assert broken() == {"unfinished documents can be claimed by a worker": 1}


def test_a_citation_of_a_document_indexed_again_since_is_no_damage(pets: Collection):
    run("UPDATE documents_document SET ready_at = now() + interval '1 day'")
    run("UPDATE answers_citation SET quote = 'As it was read then'")

    assert broken() == {}


def test_only_the_first_wrong_rows_are_named_and_all_are_counted():
    found = checked("each cat purrs", 10, (f"cat {n}" for n in range(8)))

    assert found == Checked("each cat purrs", 10, 8, ("cat 0", "cat 1", "cat 2", "cat 3", "cat 4"))
    assert found.words == "each cat purrs: 8 of 10 are not so (cat 0, cat 1, cat 2, cat 3, cat 4, …)"
