"""What a new index would take is told before it is begun: chunks, tokens, money, time and room."""

from dataclasses import asdict, replace
from decimal import Decimal

import pytest

from documents.embedding.base import EmbedderUnavailable
from documents.embedding_indexes.estimating import plan_index
from documents.embedding_indexes.switching import IndexRefused
from documents.embedding_indexes.words import MEANWHILE, plan_in_words
from documents.indexing import for_nothing
from documents.models import Collection, Document, EmbeddingIndex
from documents.options import indexing_options
from documents.token_estimates import estimate_tokens
from qabot.prices import Price
from qabot.provider import ProviderError
from tests.documents.embedding_indexes.steps import FACTS, SMALL
from tests.fakes.provider import FakeProvider

PRICES = {SMALL: Price(Decimal(2))}


def plan(model: str = SMALL, dimensions: int | None = None, **more):
    return plan_index(model, dimensions, replace(indexing_options(), **more), PRICES)


def test_a_plan_counts_chunks_tokens_and_money_and_measures_the_time(provider: FakeProvider, library: Collection):
    paid = []

    def paying(model: str, texts: list[str]):
        paid.append((model, sorted(texts)))
        return for_nothing(model, texts)

    made = plan(paying=paying)

    tokens = sum(map(estimate_tokens, FACTS.values()))
    assert asdict(made) | {"seconds": 0, "database_bytes": 0} == {
        "model": SMALL,
        "dimensions": 1536,
        "chunks": len(FACTS),
        "tokens": pytest.approx(tokens, abs=2),
        "cost_microdollars": pytest.approx(2 * tokens, abs=4),
        "seconds": 0,
        "database_bytes": 0,
    }
    assert 0 < made.seconds < 5
    assert made.database_bytes > len(FACTS) * 2 * 1536 * 2
    assert paid == [(SMALL, sorted(FACTS.values()))]
    assert EmbeddingIndex.objects.count() == 1


def test_a_model_without_a_price_costs_unknown_and_the_local_one_nothing(provider: FakeProvider, library: Collection):
    EmbeddingIndex.objects.update(model="an-older-model")

    assert (plan("text-embedding-3-large").cost_microdollars, plan("all-MiniLM-L6-v2").cost_microdollars) == (None, 0)


def test_what_cannot_work_is_said_before_anything_begins(provider: FakeProvider, library: Collection):
    with pytest.raises(EmbedderUnavailable, match="dimensions of the embedding model unheard-of are not known"):
        plan("unheard-of")
    with pytest.raises(IndexRefused, match="There is an index of all-MiniLM-L6-v2"):
        plan("all-MiniLM-L6-v2")
    provider.mode = "401"
    with pytest.raises(ProviderError, match="refused the key"):
        plan()


def test_an_empty_library_costs_nothing_but_shows_whether_the_model_is_there(
    provider: FakeProvider, library: Collection
):
    Document.objects.all().delete()

    made = plan()

    assert (made.chunks, made.tokens, made.cost_microdollars, made.seconds) == (0, 0, 0, 0)
    assert len(provider.requests) == 1


def test_a_plan_is_told_in_sentences(provider: FakeProvider, library: Collection):
    made = replace(plan(), chunks=12_000, tokens=3_000_000, cost_microdollars=60_000, seconds=1_200.0)

    assert plan_in_words(made) == [
        f"{SMALL} (1,536 dimensions): 12,000 chunks to embed, about 3,000,000 tokens. Cost: $0.060.",
        "It takes one worker about 20 minutes, by a sample just embedded, in the time that documents leave over. "
        "The database grows by about 1 MB.",
        MEANWHILE,
    ]
