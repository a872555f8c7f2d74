"""Counters in Postgres: none is lost, whoever counts, and none stays for ever."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection
from django.db.models.functions import Now
from django.test import RequestFactory
from django_ratelimit.core import get_usage

from qabot.models import RateCounter
from qabot.rate_cache import SWEPT_AT_ONCE
from tests.site import database_url

THREADS, COUNTS_EACH = 16, 50
DAY = 86_400  # seconds: no test sees the end of its window

COUNT_ELSEWHERE = """
import json
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.core.cache import caches
from django.db import connection
def count(_):
    try:
        return [caches["limits"].incr("shared") for _ in range(%d)]
    finally:
        connection.close()
with ThreadPoolExecutor(%d) as threads:
    print(json.dumps([number for numbers in threads.map(count, range(%d)) for number in numbers]))
"""


@pytest.fixture
def count(settings: LazySettings) -> Callable[[], int]:
    """One request, as django-ratelimit counts it."""
    request = RequestFactory().get("/")

    def counted() -> int:
        usage = get_usage(request, group="test", key=lambda *_: "alice", rate=(10, DAY), increment=True)
        return usage["count"]

    return counted


@pytest.mark.django_db(transaction=True)
def test_800_of_800_are_counted_under_16_threads(count: Callable[[], int]):
    def counted(_: int) -> list[int]:
        try:
            return [count() for _ in range(COUNTS_EACH)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        counts = sorted(number for numbers in threads.map(counted, range(THREADS)) for number in numbers)

    assert counts == list(range(1, 801))


@pytest.mark.django_db(transaction=True)
def test_processes_count_together():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "qabot.settings", "DATABASE_URL": database_url()}
    command = [sys.executable, "-c", COUNT_ELSEWHERE % (COUNTS_EACH, THREADS // 2, THREADS // 2)]
    two = [
        subprocess.Popen(command, cwd=django_settings.BASE_DIR, stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]
    counts = [number for process in two for number in json.loads(process.communicate(timeout=60)[0])]

    assert sorted(counts) == list(range(1, 801))


@pytest.mark.django_db
def test_a_count_is_one_statement_and_a_first_count_two(
    count: Callable[[], int], django_assert_num_queries: Callable[..., Any]
):
    with django_assert_num_queries(2):
        assert count() == 1
    with django_assert_num_queries(1):
        assert count() == 2


@pytest.mark.django_db
def test_looking_counts_nothing():
    cache = caches["limits"]
    cache.incr("seen")
    cache.incr("seen", 4)

    assert [cache.get("seen"), cache.get("seen"), cache.get("never", 0)] == [5, 5, 0]


@pytest.mark.django_db
def test_a_counter_expires_by_the_databases_clock_and_starts_again():
    cache = caches["limits"]
    cache.incr("old", 7)
    RateCounter.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert (cache.get("old"), cache.incr("old"), cache.incr("old")) == (None, 1, 2)


@pytest.mark.django_db
def test_a_counter_outlives_the_longest_window():
    caches["limits"].incr("new")

    longest = timedelta(seconds=15 * 60)
    assert RateCounter.objects.filter(expires_at__gt=Now() + longest).count() == 1


@pytest.mark.django_db
def test_whoever_starts_a_counter_sweeps_expired_ones():
    expired = [RateCounter(key=f"old-{n}", count=1, expires_at=Now()) for n in range(SWEPT_AT_ONCE + 5)]
    RateCounter.objects.bulk_create(expired)
    caches["limits"].incr("first")
    after_one = RateCounter.objects.count()
    caches["limits"].incr("second")

    assert (after_one, RateCounter.objects.count()) == (6, 2)


@pytest.mark.django_db
def test_the_table_is_unlogged():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = %s", [RateCounter._meta.db_table])
        assert cursor.fetchone() == ("u",)
