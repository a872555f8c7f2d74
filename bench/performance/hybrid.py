"""All of `retrieve`: embedding the question, both legs, loading, fusing and reranking; and its time by stage.

One client in this process. With 384 dimensions the question is embedded by the local model, whose vector points nowhere
near these chunks: that makes no step shorter. With 1,536 a fake provider on this machine embeds it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from django.conf import settings

from answers.retrieval import retrieve
from answers.timing import Stopwatch
from bench.performance import database, words
from bench.performance.corpus import QUESTIONS, Corpus
from bench.performance.rounds import Section, number, percentile
from bench.performance.semantic import collection_ids
from documents.models import Document
from documents.scope import Scope
from qabot.provider import ProviderSettings
from tests.fakes.provider import FakeProvider

STAGES = ("embed_question", "lexical", "semantic", "fuse", "rerank")
WARM_UPS = 20


def measure_hybrid(corpus: Corpus, quick: bool) -> list[str]:
    """A row of the table: p50 and p95 of the whole, and the median of each stage, in milliseconds."""
    database.use(corpus.name)
    collections = tuple(collection_ids(corpus))
    scope = Scope(collections, None, *Document.objects.chunks_visible_of(collections))
    asked = [" ".join(map(words.word, question)) + "?" for question in corpus.asked_words()]
    took: list[dict[str, float]] = []
    with provider():
        for question in asked[: WARM_UPS + (30 if quick else QUESTIONS // 2)]:
            begun = time.perf_counter()
            stopwatch = Stopwatch()
            retrieve(question, scope, stopwatch)
            took.append(stopwatch.timings_ms | {"total": 1_000 * (time.perf_counter() - begun)})
    took = took[WARM_UPS:]
    totals = [one["total"] for one in took]
    stages = [median(one[stage] for one in took) for stage in STAGES]
    figures = [percentile(totals, 0.5), percentile(totals, 0.95), *stages]
    return [str(corpus), *map(number, figures), number(median(totals) - sum(stages))]


def hybrid_section(rows: list[list[str]]) -> Section:
    columns = ("chunks", "p50 ms", "p95 ms", *(stage.replace("_", " ") for stage in STAGES), "the rest")
    return Section("All of retrieving (one client; by stage: medians)", columns, rows)


@contextmanager
def provider() -> Iterator[None]:
    before = settings.QABOT_EMBEDDING_PROVIDER
    with FakeProvider() as fake:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(fake.base_url, "none")
        try:
            yield
        finally:
            settings.QABOT_EMBEDDING_PROVIDER = before
