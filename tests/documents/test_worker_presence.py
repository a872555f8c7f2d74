"""Without a worker new documents wait: who adds some, and who runs the site, is told."""

from datetime import timedelta
from html import escape

import pytest
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.test import Client

from documents.models import Worker
from documents.worker_presence import WORKER_GONE, worker_is_missed, worker_seen
from tests.library import default_collection, make_user, upload_text

pytestmark = pytest.mark.django_db


def seen(seconds: int) -> None:
    Worker.objects.create(name=f"worker-{seconds}", seen_at=Now() - timedelta(seconds=seconds))


@pytest.fixture
def admin() -> Client:
    default_collection()
    browser = Client()
    browser.force_login(make_user("admin", is_staff=True, is_superuser=True))
    return browser


def test_a_worker_that_reported_lately_is_seen():
    assert not worker_seen()

    seen(3600)
    assert not worker_seen()

    seen(20)
    assert (worker_seen(), worker_is_missed()) == (True, False)


def test_none_is_missed_where_none_was_and_nothing_waits():
    assert not worker_is_missed()

    upload_text(default_collection(), "bees.txt", "Bees make honey.")
    assert worker_is_missed()


@pytest.mark.parametrize("path", ["/", "/documents", "/admin/documents/document/"])
def test_pages_say_within_a_minute_that_the_worker_is_gone(admin: Client, path: str):
    seen(20)
    assert escape(str(WORKER_GONE)) not in admin.get(path).content.decode()

    Worker.objects.update(seen_at=Now() - timedelta(seconds=59))
    sessions = list(Session.objects.values_list("session_data", flat=True))

    assert escape(str(WORKER_GONE)) in admin.get(path).content.decode()
    assert list(Session.objects.values_list("session_data", flat=True)) == sessions


def test_who_only_reads_is_not_told():
    seen(3600)
    default_collection()
    collection = default_collection()
    collection.readers = "public"
    collection.save()

    assert escape(str(WORKER_GONE)) not in Client().get("/documents").content.decode()
