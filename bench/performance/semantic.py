"""The semantic leg as it is shipped, beside a Chroma server and, as the limit, faiss in the asking process.

Everybody has the same vectors and is asked the same questions for as many chunks. Recall@10 is against comparing all
vectors as they were before anybody rounded them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.performance import database
from bench.performance.chroma import set_ef
from bench.performance.clients import Crew, Search
from bench.performance.corpus import QUESTIONS, Corpus
from bench.performance.faiss_limit import EFS, least_faiss_ef
from bench.performance.rounds import Figures, Rounds, percentile, recall, run_rounds
from documents.models import EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.pgvector import PgVectorIndex

OURS, CHROMA, CHROMA_EQUAL, FAISS = "QABot", "Chroma server", "Chroma server, equal recall", "faiss, in process"
CHROMA_EF = 100  # its default
EXACT = 10  # recall@10


@dataclass(frozen=True)
class Pace:
    """How long is measured."""

    rounds: int
    seconds: float  # of one client, and again of eight


@dataclass(frozen=True)
class Shown:
    """What came out at one size."""

    corpus: Corpus
    k: int
    recalls: dict[str, float]
    efs: dict[str, int]
    rounds: Rounds


def open_pgvector(name: str, questions_file: Path, k: int, collections: Sequence[int], chunks: int) -> Search:
    """A contender (see bench/performance/clients.py): what `retrieve` calls."""
    database.use(name)
    index = PgVectorIndex(EmbeddingIndex.objects.get())
    questions = np.load(questions_file)
    scope = Scope(collection_ids=tuple(collections), document_ids=None, chunks=chunks)
    return lambda at: [near.chunk_id for near in index.search(questions[at], k, scope)]


def measure_semantic(corpus: Corpus, k: int, chroma_port: int, pace: Pace) -> Shown:
    asked = {"questions_file": corpus.file("questions.npy"), "k": k}
    whole = {"name": corpus.name, "collections": [*collection_ids(corpus)], "chunks": corpus.chunks}
    exact = [[int(number) + 1 for number in row[:EXACT]] for row in corpus.exact]
    with ExitStack() as stack:
        ours = stack.enter_context(crew("bench.performance.semantic:open_pgvector", asked | whole, corpus))
        chroma = stack.enter_context(
            crew("bench.performance.chroma:open_chroma", asked | {"port": chroma_port, "name": corpus.name}, corpus)
        )
        recalls = {OURS: recall_of(ours, exact), CHROMA: recall_of(chroma, exact)}
        efs = {CHROMA: CHROMA_EF}
        efs[CHROMA_EQUAL], recalls[CHROMA_EQUAL] = least_ef(corpus, chroma, chroma_port, recalls[OURS], exact)
        file = corpus.file("faiss")
        efs[FAISS], recalls[FAISS] = least_faiss_ef(file, corpus.questions, k, exact, recalls[OURS])
        limit = asked | {"file": file, "ef_search": efs[FAISS]}
        faiss = stack.enter_context(crew("bench.performance.faiss_limit:open_faiss", limit, corpus, processes=1))
        contenders: dict[str, Callable[[], Figures]] = {OURS: lambda: shown_by(ours, pace)}
        for name in (CHROMA, CHROMA_EQUAL):
            contenders[name] = partial(with_ef, corpus, chroma, chroma_port, efs[name], pace)
        contenders[FAISS] = lambda: shown_by(faiss, pace)
        rounds = run_rounds(contenders, pace.rounds)
        set_ef(chroma_port, corpus.name, CHROMA_EF)
    return Shown(corpus, k, recalls, efs, rounds)


def crew(
    opener: str, arguments: Mapping[str, object], corpus: Corpus, processes: int = 2, threads: int | None = None
) -> Crew:
    """Eight clients unless said otherwise: two processes of four threads, as web processes have connections."""
    return Crew(opener, arguments, QUESTIONS, corpus.folder, processes, threads or 8 // processes)


def collection_ids(corpus: Corpus) -> Iterator[int]:
    """Of all collections that hold chunks, the smallest first."""
    database.use(corpus.name)
    yield from (
        EmbeddingIndex.objects.get()
        .embeddings.order_by("collection_id")
        .values_list("collection_id", flat=True)
        .distinct()
    )


def shown_by(asking: Crew, pace: Pace) -> Figures:
    return {**latencies_of(asking, pace), "requests_s": asking.requests_a_second(pace.seconds)}


def latencies_of(asking: Crew, pace: Pace) -> Figures:
    """Of one client that asks on its own, in milliseconds."""
    took = [1_000 * seconds for seconds in asking.latencies(pace.seconds)]
    return {"p50": percentile(took, 0.5), "p95": percentile(took, 0.95)}


def with_ef(corpus: Corpus, asking: Crew, port: int, ef_search: int, pace: Pace) -> Figures:
    set_ef(port, corpus.name, ef_search)
    asking.latencies(0.2)
    return shown_by(asking, pace)


def recall_of(asking: Crew, exact: Sequence[Sequence[int]]) -> float:
    return recall([found[:EXACT] for found in asking.found()], exact)


def least_ef(
    corpus: Corpus, asking: Crew, port: int, wanted: float, exact: Sequence[Sequence[int]]
) -> tuple[int, float]:
    """The least of EFS with which Chroma finds as much as we do, and how much that is."""
    found = 0.0
    for ef_search in EFS:
        set_ef(port, corpus.name, ef_search)
        if (found := recall_of(asking, exact)) >= wanted:
            return ef_search, found
    return EFS[-1], found
