"""Say what a new index would take, for whoever is to decide: the same words in the command and in the admin."""

import math

from documents.embedding_indexes.estimating import Plan
from qabot.prices import in_dollars
from qabot.rate_limits import duration

MEANWHILE = (
    "Questions are asked against the active index until you activate this one. Meanwhile each new document is embedded "
    "for both."
)


def plan_in_words(plan: Plan) -> list[str]:
    """Sentences: what is to be embedded and its cost, time and room, what holds meanwhile."""
    money = "its price is not known" if plan.cost_microdollars is None else in_dollars(plan.cost_microdollars)
    return [
        f"{plan.model} ({plan.dimensions:,} dimensions): {_many(plan.chunks)} to embed, about {plan.tokens:,} tokens. "
        f"Cost: {money}.",
        f"It takes one worker about {duration(max(1, math.ceil(plan.seconds)))}, by a sample just embedded, in the "
        f"time that documents leave over. The database grows by about {math.ceil(plan.database_bytes / 2**20):,} MB.",
        MEANWHILE,
    ]


def _many(chunks: int) -> str:
    return "1 chunk" if chunks == 1 else f"{chunks:,} chunks"
