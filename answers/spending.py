"""What was spent on models, summed up for the administrator. Knows nothing of requests or settings."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from answers.budget import INDEXING, WHOLE_APP, DailyTokens
from answers.models import TokensSpent
from qabot.local_numbers import grouped
from qabot.prices import in_dollars

MONTH = timedelta(days=29)  # before today: thirty days with it
KINDS = {WHOLE_APP: gettext_lazy("Whole app, all questions"), INDEXING: gettext_lazy("Indexing documents")}


@dataclass(frozen=True)
class Sum:
    """What was spent in a time. `percent` is of the limit; None where there is no limit."""

    title: str
    tokens: int
    cost: str
    limit: int | None
    percent: int | None

    @property
    def used(self) -> str:
        if self.limit is None:
            return grouped(self.tokens)
        return _("%(used)s of %(limit)s") % {"used": grouped(self.tokens), "limit": grouped(self.limit)}


def spending_now(limits: DailyTokens) -> tuple[Sum, ...]:
    """Today's questions and indexing, and both together of the last thirty days."""
    today = TokensSpent.objects.today()
    return (
        _summed(_("Questions today"), today.filter(subject=WHOLE_APP), limits.app),
        _summed(_("Indexing today"), today.filter(subject=INDEXING), limits.indexing),
        _summed(_("The last 30 days"), TokensSpent.objects.not_older_than(MONTH).filter(subject__in=KINDS), None),
    )


def spending_of(user_id: int, limits: DailyTokens) -> Sum:
    """What one person's questions took today."""
    return _summed(_("Questions today"), TokensSpent.objects.today().filter(subject=f"user:{user_id}"), limits.user)


def name_of(spent: Any) -> str:
    """Who spent it, for people: of a row that `with_names` read."""
    if spent.subject in KINDS:
        return str(KINDS[spent.subject])
    return spent.name or _("%(name)s (deleted)") % {"name": spent.subject.replace(":", " ")}


def cost_in_words(microdollars: int, unpriced_tokens: int) -> str:
    """What is known of a cost: "unknown" is not nothing."""
    if not unpriced_tokens:
        return in_dollars(microdollars)
    return _("more than %(cost)s") % {"cost": in_dollars(microdollars)} if microdollars else _("unknown")


def share_of(tokens: int, limit: int | None) -> int | None:
    """Percent, rounded."""
    return None if limit is None else round(100 * tokens / limit)


def _summed(title: str, rows: Any, limit: int | None) -> Sum:
    total = rows.total()
    cost = cost_in_words(total["cost_microdollars"], total["unpriced_tokens"])
    return Sum(title, total["tokens"], cost, limit, share_of(total["tokens"], limit))
