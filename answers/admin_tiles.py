"""The single figures of the admin's first page: documents by state, queue, worker, storage, keys, people.

Draws what was counted already; what whoever looks may not know of is None, and left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from answers.admin_needs import Known, worker_is_missed
from answers.admin_plots import number
from answers.figures import DAYS
from documents.figures import DocumentFigures
from documents.vital_signs import VitalSigns
from qabot.bars import Piece, row
from qabot.doctor.database import FULL_PROBLEM, FULL_WARNING
from qabot.doctor.work import QUEUE_SECONDS


@dataclass(frozen=True)
class State:
    """How many documents are in a state, their share of the bar, and the list of them."""

    name: str
    title: str
    count: int
    url: str
    piece: Piece | None


@dataclass(frozen=True)
class Tile:
    """A figure with its name. `tone` is "", "warn" or "bad"; `percent` draws a bar; `url` is empty where no list is."""

    title: str
    value: str
    detail: str
    url: str = ""
    tone: str = ""
    percent: int | None = None


def states_of(documents: DocumentFigures) -> tuple[State, ...]:
    """The states in the order of the work; those in quarantine last, who are of any state and not in the bar."""
    counts = (
        ("ready", _("ready"), documents.ready),
        ("processing", _("being indexed"), documents.processing),
        ("pending", _("waiting"), documents.pending),
        ("failed", _("failed"), documents.failed),
    )
    pieces = {piece.part: piece for piece in row([count for *_names, count in counts])}
    address = reverse("admin:documents_document_changelist")
    states = [
        State(name, title, count, f"{address}?status__exact={name}", pieces.get(part))
        for part, (name, title, count) in enumerate(counts)
    ]
    held = f"{address}?quarantined_at__isempty=0"
    return (*states, State("quarantined", _("in quarantine"), documents.quarantined, held, None))


def tiles_of(known: Known, *, people: int | None, keys: tuple[int, int] | None) -> list[Tile]:
    """`keys` are the valid ones, and those of them used in the last days."""
    return [*_of_work(known.signs), *_of_storage(known), *_of_people(people, keys)]


def _of_work(signs: VitalSigns | None) -> Iterator[Tile]:
    if signs is None:
        return
    workers = reverse("admin:documents_worker_changelist")
    if worker_is_missed(signs):
        seen = _("none within a day") if signs.worker_seconds is None else _seen(signs.worker_seconds)
        yield Tile(_("Worker"), _("Missing"), seen, workers, "bad")
    elif signs.worker_seconds is None:
        yield Tile(_("Worker"), _("None yet"), _("none has reported so far"), workers)
    else:
        yield Tile(_("Worker"), _("At work"), _seen(signs.worker_seconds), workers)
    waiting = reverse("admin:documents_document_changelist") + "?status__exact=pending"
    oldest = (
        _("the oldest for %(time)s") % {"time": span(signs.oldest_seconds)} if signs.waiting else _("nothing waits")
    )
    tone = "warn" if signs.oldest_seconds > QUEUE_SECONDS else ""
    yield Tile(_("Queue"), _("%(count)s waiting") % {"count": number(signs.waiting)}, oldest, waiting, tone)


def _of_storage(known: Known) -> Iterator[Tile]:
    if known.size_bytes is None or known.documents is None:
        return
    files = _("files: %(size)s") % {"size": filesizeformat(known.documents.file_bytes)}
    percent = round(100 * known.size_bytes / known.plan_bytes) if known.plan_bytes else None
    plan = filesizeformat(known.plan_bytes) if known.plan_bytes else ""
    detail = _("%(percent)s %% of %(plan)s") % {"percent": percent, "plan": plan} if plan else files
    tone = _tone(percent or 0)
    documents = reverse("admin:documents_document_changelist")
    shown = None if percent is None else min(percent, 100)
    yield Tile(_("Storage used"), filesizeformat(known.size_bytes), detail, documents, tone, shown)
    where = _("Not seen from here: heroku pg:backups, or where bin/backup writes.")
    yield Tile(_("Last backup"), _("Not known"), where)


def _tone(percent: int) -> str:
    if percent >= 100 * FULL_PROBLEM:
        return "bad"
    return "warn" if percent >= 100 * FULL_WARNING else ""


def _of_people(people: int | None, keys: tuple[int, int] | None) -> Iterator[Tile]:
    if people is not None:
        active = reverse("admin:auth_user_changelist") + "?is_active__exact=1"
        yield Tile(_("People"), number(people), _("may sign in"), active)
    if keys is not None:
        valid, used = keys
        words = _("%(used)s used in the last %(days)s days") % {"used": number(used), "days": DAYS}
        yield Tile(_("API keys"), _("%(count)s valid") % {"count": number(valid)}, words, _keys())


def _keys() -> str:
    return reverse("admin:qabot_apikey_changelist")


def _seen(seconds: float) -> str:
    return _("seen %(time)s ago") % {"time": span(seconds)}


def span(seconds: float) -> str:
    """A span of time, roughly: "14 seconds", "3 minutes", "5 hours", "2 days"."""
    days, hours, minutes = round(seconds / 86_400), round(seconds / 3_600), round(seconds / 60)
    if seconds >= 2 * 86_400:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if seconds >= 2 * 3_600:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    if seconds >= 2 * 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    count = round(max(seconds, 0))
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}
