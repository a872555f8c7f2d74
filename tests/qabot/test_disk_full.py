"""A disk that is full: an upload is refused whole, and asking goes on. Needs the right to mount a small disk."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from answers.models import Answer
from answers.unkept import NOT_KEPT
from documents.models import Document, OriginalPart
from qabot.api_keys import make_key
from qabot.embedded_postgres.system_user import make_private, system_user
from tests.library import default_collection, index_text, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(settings.DATABASE_URL), reason="the server may run on another machine"),
]

MEGABYTE = 2**20
TABLES = ("documents_originalpart", "answers_retrievedpassage")
FACT = "The library of Hask holds 4,711 oak crates."


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Originals, and the passages of answers, lie on a disk of eight megabytes."""
    with tempfile.TemporaryDirectory(prefix="qabot-test-") as folder:
        disk = Path(folder) / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip("no disk can be mounted here")
        try:
            make_private(disk, system_user())
            execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
            execute(*(f"ALTER TABLE {table} SET TABLESPACE small" for table in TABLES))
            yield disk
            (disk / "filling").unlink(missing_ok=True)
            execute(*(f"ALTER TABLE {table} SET TABLESPACE pg_default" for table in TABLES), "DROP TABLESPACE small")
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def caller() -> Client:
    alice = make_user()
    index_text(default_collection(), "hask.txt", FACT, alice)
    return Client(headers={"Authorization": f"Bearer {make_key('key', alice).text}"}, raise_request_exception=False)


def test_an_upload_that_does_not_fit_is_refused_and_nothing_of_it_is_stored(caller: Client, small_disk: Path):
    large = SimpleUploadedFile("large.txt", b"Bees make honey. " * MEGABYTE)
    response = caller.post("/api/documents", {"file": large})

    assert (response.status_code, response.json()["code"]) == (503, "database_read_only")
    assert (Document.objects.count(), OriginalPart.objects.count()) == (1, 1)

    small = SimpleUploadedFile("small.txt", b"Bees make honey.")
    assert caller.post("/api/documents", {"file": small}).status_code == 201


def test_asking_goes_on_where_an_answer_does_not_fit(caller: Client, small_disk: Path):
    with (small_disk / "filling").open("wb") as filling, pytest.raises(OSError, match="No space"):
        while True:
            filling.write(bytes(MEGABYTE))
            filling.flush()

    question = {"question": "How many oak crates does the library of Hask hold?"}
    response = caller.post("/api/ask", question, content_type="application/json")

    answer = response.json()
    assert (response.status_code, answer["id"], answer["notice"]) == (200, None, NOT_KEPT)
    assert [citation["quote"] for citation in answer["citations"]] == [FACT]
    assert Answer.objects.filter(passages__isnull=False).count() == 0
