"""Say what a new index would take, for whoever is to decide: the same words in the command and in the admin."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents.embedding_indexes.estimating import Plan
from qabot.local_numbers import grouped
from qabot.prices import in_dollars
from qabot.rate_limits import duration

MEANWHILE = gettext_lazy(
    "Questions are asked against the active index until you activate this one. Meanwhile each new document is embedded "
    "for both."
)


def plan_in_words(plan: Plan) -> list[str]:
    """Sentences: what is to be embedded and its cost, time and room, what holds meanwhile."""
    money = _("its price is not known") if plan.cost_microdollars is None else in_dollars(plan.cost_microdollars)
    work = ngettext(
        "%(model)s (%(dimensions)s dimensions): %(chunks)s chunk to embed, about %(tokens)s tokens. Cost: %(money)s.",
        "%(model)s (%(dimensions)s dimensions): %(chunks)s chunks to embed, about %(tokens)s tokens. Cost: %(money)s.",
        plan.chunks,
    )
    takes = _(
        "It takes one worker about %(duration)s, by a sample just embedded, in the time that documents leave over. The "
        "database grows by about %(megabytes)s MB."
    )
    counts = {"dimensions": plan.dimensions, "chunks": plan.chunks, "tokens": plan.tokens}
    shown = {name: grouped(count) for name, count in counts.items()}
    megabytes = grouped(math.ceil(plan.database_bytes / 2**20))
    return [
        work % {"model": plan.model, "money": money, **shown},
        takes % {"duration": duration(max(1, math.ceil(plan.seconds))), "megabytes": megabytes},
        str(MEANWHILE),
    ]
