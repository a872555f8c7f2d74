"""Uploads and indexing that are torn apart: by the database, by a signal, by somebody else at the same moment."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from documents.indexing import active_index, embed_chunks, parse_pages
from documents.managing import delete_document
from documents.models import Chunk, Document, Embedding, OriginalPart, Page, StagedChunk, StagedPage, Status
from documents.options import indexing_options
from documents.worker import work_once, work_until
from qabot.api_keys import make_key
from tests.documents.test_worker import LONG, CountingEmbedder, claimed
from tests.library import default_collection, make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60  # that anything may take on a slow machine
UPLOAD = """
import io, sys, django
django.setup()
from documents.models import Collection
from documents.uploading import accept_upload
accept_upload(io.BytesIO(b"Bees make honey."), "bees.txt", Collection.objects.get(slug="reports"), None, 1000)
"""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)


@contextmanager
def a_worker() -> Iterator[None]:
    stop = threading.Event()
    working = threading.Thread(target=work_until, args=(stop, indexing_options()))
    working.start()
    try:
        yield
    finally:
        stop.set()
        working.join()


@contextmanager
def every_parser_killed() -> Iterator[None]:
    """Parsers of this process, as soon as they are seen."""
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.005):
            for child in psutil.Process().children():
                if child.status() != psutil.STATUS_ZOMBIE:
                    child.send_signal(signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        yield
    finally:
        stop.set()
        killing.join()


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_the_same_file_fifty_times_at_once_is_one_document():
    collection, key = default_collection(), make_key("key", make_user()).text

    def upload(number: int) -> tuple[int, int]:
        try:
            file = SimpleUploadedFile(f"bees-{number}.txt", b"Bees make honey.")
            response = Client(headers={"Authorization": f"Bearer {key}"}).post("/api/documents", {"file": file})
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as people:
        answers = list(people.map(upload, range(50)))

    document = Document.objects.get(collection=collection)
    assert sorted(answers) == [(200, document.pk)] * 49 + [(201, document.pk)]
    assert OriginalPart.objects.count() == 1


def test_an_upload_whose_process_is_killed_in_the_middle_leaves_nothing():
    make_collection()
    connection.ensure_connection()
    info = connection.connection.info
    address = f"postgres://{info.user}:{info.password}@{info.host.replace('/', '%2F')}:{info.port}/{info.dbname}"
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "qabot.settings"}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE documents_originalpart IN SHARE MODE")
        uploading = subprocess.Popen([sys.executable, "-c", UPLOAD], cwd=settings.BASE_DIR, env=environment)
        # The document's row is written by now, its original is not.
        wait_until(lambda: rows("SELECT 1 FROM pg_locks WHERE NOT granted") or uploading.poll() is not None)
        uploading.kill()
        uploading.wait(SECONDS)

    # Its server process learns of it when it has something to tell.
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    wait_until(lambda: not rows(f"{others} AND state <> 'idle'"))
    assert uploading.returncode == -signal.SIGKILL
    assert (Document.objects.count(), OriginalPart.objects.count()) == (0, 0)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.6, 0.9])
def test_deleting_wins_whenever_it_comes(seconds: float):
    document = upload_text(make_collection(), "cats.txt", LONG)
    with a_worker():
        time.sleep(seconds)
        delete_document(document)
        assert not Document.objects.exists()

    left = {model.__name__: model.objects.count() for model in (OriginalPart, Page, Chunk, Embedding)}
    assert left == dict.fromkeys(left, 0)
    assert (StagedPage.objects.count(), StagedChunk.objects.count()) == (0, 0)


def test_a_worker_whose_connections_are_cut_goes_on_at_once():
    upload_text(make_collection(), "cats.txt", LONG)
    began = time.monotonic()
    with a_worker():
        wait_until(lambda: StagedPage.objects.exists())
        rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: Document.objects.get().status == Status.READY)

    # Neither is a lease of a minute waited for, nor is the document blamed.
    assert time.monotonic() - began < 45
    assert Document.objects.get().attempts == 1


def test_a_parser_that_is_killed_is_given_a_second_chance_and_no_third():
    document = upload_text(make_collection(), "cats.txt", "Cats purr.")

    with every_parser_killed():
        assert work_once(indexing_options())
        document.refresh_from_db()
        assert (document.status, document.attempts, document.lease_token) == (Status.PENDING, 1, None)
        assert work_once(indexing_options())

    document.refresh_from_db()
    assert (document.status, document.error_code) == (Status.FAILED, "parser_failed")
    assert document.error == "The file could not be read: its parser was stopped."


def test_a_document_that_gets_on_is_not_given_up_however_many_workers_it_outlives():
    document = claimed(upload_text(make_collection(), "cats.txt", LONG))
    options = indexing_options()
    parse_pages(document, options.limits)
    Document.objects.update(attempts=2)

    with pytest.raises(InterruptedError):
        embed_chunks(document, active_index(options), CountingEmbedder(stop_after=1))

    assert Document.objects.get().attempts == 1
