"""Tell whether any worker is at work, by the database's clock: without one, new documents wait."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from documents.models import Document, Worker
from qabot.doctor.work import WORKER_SECONDS

WORKER_GONE = _(
    "Documents are not being indexed just now: no worker reports. What is added waits, and nothing is lost."
)


def worker_seen() -> bool:
    """Whether a worker reported lately: each does every second, and every 15 while it works."""
    return Worker.objects.seen_within(timedelta(seconds=WORKER_SECONDS)).exists()


def worker_is_missed() -> bool:
    """No worker reports, and one did before, or there is work: an installation just made has had no time for one."""
    return not worker_seen() and (Worker.objects.exists() or Document.objects.claimable().exists())
