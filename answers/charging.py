"""Charge a budget for what retrieval spent: the embedding of the question, where a provider embeds.

Searching goes on when a budget is spent: an answer of quoted sentences needs it, and it costs next to nothing.
"""

from answers.budget import Budget
from answers.generation import Generation
from answers.prompting import estimate_tokens
from answers.retrieval import Retrieved
from answers.sub_questions import split_question
from documents.embedding.local import LOCAL_MODEL
from qabot.database_faults import written_if_possible


def charge_for_search(found: Retrieved, budget: Budget) -> int | None:
    """Microdollars, None if the price is not known. Tokens are estimated: of the question and of its parts."""
    if found.embedding_model in ("", LOCAL_MODEL):
        return 0
    texts = (found.question, *split_question(found.question))
    tokens = sum(map(estimate_tokens, texts))
    cost = budget.cost(found.embedding_model, Generation(prompt_tokens=tokens))
    with written_if_possible("charge for a search"):
        budget.charge(found.embedding_model, tokens)
    return cost
