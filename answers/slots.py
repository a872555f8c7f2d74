"""Bound how many answers a process works on at once. Knows nothing of how they are made.

Each holds a thread, memory and a call to a model for as long as the model takes. Without a bound the one too many would
wait for a free thread in silence, until the router gives up on it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from qabot.problems import Problem

RETRY_SECONDS = 5
BUSY = _("Too many questions are being answered just now. Please ask again in a few seconds.")


class Busy(Problem):
    """As many answers are under way as this process takes on."""

    wait = RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(503, "busy", str(BUSY))


class Slot:
    """One answer under way, entered by each thread that is busy with it; the last to leave frees it."""

    def __init__(self, slots: "Slots") -> None:
        self._slots = slots
        self._busy = 0  # threads

    def __enter__(self) -> None:
        self._slots.note(self, 1)

    def __exit__(self, *error: object) -> None:
        self._slots.note(self, -1)

    def count(self, change: int) -> int:
        """By how much this changes the number of answers under way."""
        before, self._busy = self._busy, self._busy + change
        return bool(self._busy) - bool(before)


class Slots:
    """Counts the answers under way in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    @contextmanager
    def take(self, most: int) -> Iterator[Slot]:
        """A slot for one answer, already entered. Raises Busy where `most` are taken."""
        slot = Slot(self)
        self.note(slot, 1, most)
        try:
            yield slot
        finally:
            self.note(slot, -1)

    def note(self, slot: Slot, change: int, most: int | None = None) -> None:
        """A thread begins to be busy with a slot (1), or ends (-1)."""
        with self._lock:
            if most is not None and self.taken >= most:
                raise Busy
            self.taken += slot.count(change)


answers_under_way = Slots()
