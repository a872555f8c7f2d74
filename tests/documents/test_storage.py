"""How much of the database's plan is used: told to who may add, asked of the database once a minute."""

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.utils.translation import override

from documents.models import Collection
from documents.storage import CACHE_KEY, Storage, in_plan_units, storage_used
from tests.library import make_collection, make_user, upload_text


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    cache.delete(CACHE_KEY)


def test_sizes_are_written_as_plans_are_sold():
    assert [in_plan_units(size) for size in (0, 999, 40_000, 210_400_000, 10**9, 1_300_000_000, 64 * 10**9)] == [
        "0 B",
        "999 B",
        "40 kB",
        "210 MB",
        "1 GB",
        "1.3 GB",
        "64 GB",
    ]
    with override("de"):
        assert in_plan_units(1_300_000_000) == "1,3 GB"


def test_nearly_full_is_four_fifths():
    full = [Storage(used, 1000).nearly_full for used in (0, 799, 800, 5000)]

    assert full == [False, False, True, True]
    assert (Storage(5000, 1000).percent, Storage(5, None).percent) == (100, 0)


def test_the_database_is_asked_once_a_minute(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        first, second = storage_used(10**9), storage_used(10**9)

    assert first == second and first.used > 1_000_000


def test_only_who_may_add_is_told(db, settings: LazySettings):
    settings.DATABASE_PLAN_BYTES = 10**9
    Collection.objects.all().delete()
    upload_text(make_collection("open", readers="public", adders="staff"), "cats.txt", "Cats purr.")
    alice = Client()
    alice.force_login(make_user("alice"))

    assert "GB used" not in Client().get("/documents").content.decode()
    assert "GB used" not in alice.get("/documents").content.decode()
    make_collection("mine")
    assert "of 1 GB used" in alice.get("/documents").content.decode()
