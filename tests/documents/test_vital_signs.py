"""How the work is going, as a monitor is told."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from documents.models import Document, EmbeddingIndex, IndexState, Worker
from documents.vital_signs import read_vital_signs
from tests.library import make_collection, upload_text

pytestmark = pytest.mark.django_db

SECONDS = 20  # that the test itself may take


def test_nothing_has_happened_yet():
    signs = read_vital_signs()

    assert (signs.active_model, signs.waiting, signs.oldest_seconds, signs.worker_seconds) == (None, 0, 0.0, None)
    assert signs.pgvector >= (0, 7)
    assert ("documents", "0001_initial") in signs.migrations


def test_only_what_a_worker_could_take_now_counts_as_waiting():
    shelf = make_collection()
    old, postponed, ready = (upload_text(shelf, f"{name}.txt", name) for name in ("old", "postponed", "ready"))
    Document.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(hours=2))
    Document.objects.filter(pk=postponed.pk).update(lease_until=Now() + timedelta(minutes=5))
    Document.objects.filter(pk=ready.pk).update(status="ready", chunks_total=1)

    signs = read_vital_signs()

    assert signs.waiting == 1
    assert 7_200 <= signs.oldest_seconds < 7_200 + SECONDS


def test_the_last_worker_seen_is_the_one_that_counts():
    Worker.objects.create(name="gone", seen_at=Now() - timedelta(hours=1))
    Worker.objects.create(name="here", seen_at=Now() - timedelta(seconds=30))
    EmbeddingIndex.objects.create(model="m", dimensions=3, state=IndexState.ACTIVE)

    signs = read_vital_signs()

    assert signs.active_model == "m"
    assert signs.worker_seconds is not None and 30 <= signs.worker_seconds < 30 + SECONDS
