"""How much of the database's plan is used, for whoever may add to it. Asks at most once a minute in each process."""

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.formats import number_format

from documents.vital_signs import read_database_bytes

KEPT_SECONDS = 60  # summing up the files of a large database takes a while
CACHE_KEY = "documents.storage.bytes"
NEARLY_FULL_PERCENT = 80  # as manage.py doctor warns
UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))  # as plans are sold


@dataclass(frozen=True)
class Storage:
    """Bytes. `plan` is None where nobody said what the plan allows."""

    used: int
    plan: int | None

    @property
    def percent(self) -> int:
        return min(100 * self.used // self.plan, 100) if self.plan else 0

    @property
    def nearly_full(self) -> bool:
        return self.percent >= NEARLY_FULL_PERCENT

    @property
    def used_text(self) -> str:
        return in_plan_units(self.used)

    @property
    def plan_text(self) -> str:
        return in_plan_units(self.plan or 0)


def storage_used(plan_bytes: int | None) -> Storage:
    used = cache.get(CACHE_KEY)
    if used is None:
        used = read_database_bytes()
        cache.set(CACHE_KEY, used, KEPT_SECONDS)
    return Storage(used, plan_bytes)


def in_plan_units(size: int) -> str:
    """A size, roughly, in the reader's way of writing numbers: "210 MB", "1 GB", "1.2 GB"."""
    for unit, unit_bytes in UNITS:
        if size >= unit_bytes:
            whole = unit != "GB" or size % unit_bytes == 0
            return f"{number_format(size / unit_bytes, 0 if whole else 1)} {unit}"
    return f"{number_format(size, 0)} B"
