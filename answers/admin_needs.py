"""What needs an administrator first, and the first steps of a new installation, told from what was counted.

Asks nothing of the database. What a member of staff may not see is None here, and nothing is said of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from answers.admin_plots import number
from answers.budget import DailyTokens
from answers.figures import Day, Spent
from answers.spending import share_of
from documents.figures import DocumentFigures
from documents.vital_signs import VitalSigns
from documents.worker_presence import WORKER_GONE
from qabot.doctor.database import FULL_PROBLEM, FULL_WARNING
from qabot.doctor.work import QUEUE_SECONDS, WORKER_SECONDS

BUDGET_WARNING = 80  # percent of a day's tokens


@dataclass(frozen=True)
class Need:
    """A sentence, what to do about it, and where; `grave` is what people notice already."""

    sentence: str
    step: str
    url: str
    grave: bool = False


@dataclass(frozen=True)
class Step:
    """One of the first steps; `url` is empty where it is not taken in the admin, and `how` says it then."""

    words: str
    how: str
    done: bool
    url: str = ""


@dataclass(frozen=True)
class Known:
    """All that was counted, as far as whoever looks may know of it."""

    signs: VitalSigns | None
    documents: DocumentFigures | None
    asked: tuple[Day, ...]
    spent: tuple[Spent, ...]
    size_bytes: int | None
    plan_bytes: int | None
    limits: DailyTokens
    building: int | None  # embedding indexes that are being filled
    model: str  # that the settings name for embedding


def worker_is_missed(signs: VitalSigns) -> bool:
    """As the pages tell it: an installation just made, without work, has had no time for a worker."""
    if signs.worker_seconds is None:
        return signs.waiting > 0
    return signs.worker_seconds > WORKER_SECONDS


def needs_of(known: Known) -> list[Need]:
    """The gravest first."""
    needs = [*_of_work(known), *_of_documents(known), *_of_storage(known), *_of_budget(known), *_of_index(known)]
    return sorted(needs, key=lambda need: not need.grave)


def _of_work(known: Known) -> Iterator[Need]:
    signs = known.signs
    if signs is None:
        return
    if worker_is_missed(signs):
        yield Need(str(WORKER_GONE), _("See the workers"), reverse("admin:documents_worker_changelist"), grave=True)
    elif signs.oldest_seconds > QUEUE_SECONDS:
        yield Need(
            _("Documents have been waiting for longer than half an hour."),
            _("See what waits"),
            _documents("pending"),
        )


def _of_documents(known: Known) -> Iterator[Need]:
    failed = known.documents.failed if known.documents else 0
    if failed:
        words = ngettext("%(count)s document could not be read.", "%(count)s documents could not be read.", failed)
        yield Need(words % {"count": number(failed)}, _("See why, and try again"), _documents("failed"))
    today = known.asked[-1].failed if known.asked else 0
    if today:
        words = ngettext("%(count)s question of today failed.", "%(count)s questions of today failed.", today)
        link = reverse("admin:answers_answer_changelist") + "?status__exact=failed"
        yield Need(words % {"count": number(today)}, _("See which"), link)


def _of_storage(known: Known) -> Iterator[Need]:
    if not known.plan_bytes or known.size_bytes is None:
        return
    share = known.size_bytes / known.plan_bytes
    if share >= FULL_WARNING:
        words = {"percent": round(100 * share), "plan": filesizeformat(known.plan_bytes)}
        yield Need(
            _("The database holds %(percent)s %% of the %(plan)s that its plan allows; a full one takes no more.")
            % words,
            _("Delete documents, or take a larger plan"),
            reverse("admin:documents_document_changelist"),
            grave=share >= FULL_PROBLEM,
        )


def _of_budget(known: Known) -> Iterator[Need]:
    if not known.spent:
        return
    today = known.spent[-1]
    for share, sentence in (
        (share_of(today.asking, known.limits.app), _("%(percent)s %% of today's tokens for questions are used.")),
        (share_of(today.indexing, known.limits.indexing), _("%(percent)s %% of today's tokens for indexing are used.")),
    ):
        if share is not None and share >= BUDGET_WARNING:
            spending = reverse("admin:answers_tokensspent_changelist")
            yield Need(sentence % {"percent": share}, _("See who used them"), spending, grave=share >= 100)


def _of_index(known: Known) -> Iterator[Need]:
    if known.building is None or known.signs is None:
        return
    indexes = reverse("admin:documents_embeddingindex_changelist")
    active = known.signs.active_model
    if known.building:
        yield Need(_("A new embedding index is being filled."), _("See how far it is"), indexes)
    elif active is not None and active != known.model:
        words = {"active": active, "named": known.model}
        yield Need(
            _("Documents are indexed with %(active)s; the settings name %(named)s.") % words,
            _("Begin a new index"),
            indexes,
        )


def _documents(status: str) -> str:
    return f"{reverse('admin:documents_document_changelist')}?status__exact={status}"
