"""What a new index would take: chunks, tokens, money, time and room. The time is measured by embedding a sample."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, Sum
from django.db.models.functions import Length

from documents.embedding.base import Embedder
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.embedding.texts import embed_texts
from documents.embedding_indexes.switching import check_new
from documents.indexing import IndexingOptions
from documents.models import Chunk
from documents.token_estimates import estimate_tokens
from qabot.prices import Price, price_of

SAMPLE_CHUNKS = 96  # for the tokens; of these, as many as one batch takes for the time
PAGE_BYTES = 8_160  # of Postgres, without its header: a vector's row and its place in HNSW lie within one page
ROW_BYTES, GRAPH_BYTES = 130, 330  # beside the vector: row and its keys; neighbours (m = 16). Measured
SIGNS_BYTES = 7_500  # a chunk's tokens, where the model has them. Measured


@dataclass(frozen=True)
class Plan:
    """A new index before it is begun. `cost_microdollars` is None where the model's price is not known."""

    model: str
    dimensions: int
    chunks: int
    tokens: int
    cost_microdollars: int | None
    seconds: float
    database_bytes: int


def plan_index(model: str, dimensions: int | None, options: IndexingOptions, prices: Mapping[str, Price]) -> Plan:
    """Plan an index, embedding one batch of chunks to see that the model can be reached and how long it takes.

    Raises IndexRefused, EmbedderUnavailable, ProviderError and NotToday.
    """
    embedder = embedder_for(model, dimensions)
    check_new(embedder.model, embedder.dimensions)
    chunks = Chunk.objects.count()
    sample = _sample()
    tokens = _estimate_tokens(sample)
    local = embedder.model == LOCAL_MODEL
    price = price_of(embedder.model, prices)
    return Plan(
        model=embedder.model,
        dimensions=embedder.dimensions,
        chunks=chunks,
        tokens=tokens,
        cost_microdollars=0 if local or not tokens else price.microdollars(tokens) if price else None,
        seconds=chunks * _seconds_a_chunk(embedder, sample, options),
        database_bytes=chunks * _bytes_a_chunk(embedder.dimensions, signs=local and options.token_signs),
    )


def _sample() -> list[str]:
    """Texts of chunks from all over the corpus."""
    step = max(1, Chunk.objects.count() // SAMPLE_CHUNKS)
    spread = Chunk.objects.alias(place=F("pk") % step).filter(place=0).order_by("pk")
    return list(spread.values_list("text", flat=True)[:SAMPLE_CHUNKS])


def _estimate_tokens(sample: list[str]) -> int:
    """The tokens of all chunks: their characters, at the rate of the sample's."""
    characters = Chunk.objects.aggregate(all=Sum(Length("text")))["all"] or 0
    sampled = sum(map(len, sample))
    return round(characters * sum(map(estimate_tokens, sample)) / sampled) if sampled else 0


def _seconds_a_chunk(embedder: Embedder, sample: list[str], options: IndexingOptions) -> float:
    """Measured with one batch; where there is no chunk yet, a word tells at least whether the model can be reached."""
    embedder.embed_passages(["sample"])  # loads the local model, or connects
    batch = sample[: embedder.batch_size]
    begun = time.monotonic()
    with options.paying_for(embedder.model)(embedder.model, batch):
        embed_texts(batch, "", embedder, keep_tokens=options.token_signs)
    return (time.monotonic() - begun) / max(1, len(batch))


def _bytes_a_chunk(dimensions: int, *, signs: bool) -> int:
    vector = 2 * dimensions
    in_pages = sum(8_192 // max(1, PAGE_BYTES // (vector + beside)) for beside in (ROW_BYTES, GRAPH_BYTES))
    return in_pages + (SIGNS_BYTES if signs else 0)
