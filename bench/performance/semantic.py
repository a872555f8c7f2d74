"""The semantic leg as it is shipped, beside a Chroma server and, as the limit, faiss in the asking process.

Everybody has the same vectors and is asked the same questions for as many chunks. Recall@10 is against comparing all
vectors as they were before anybody rounded them.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.performance import database
from bench.performance.chroma import chroma_server, least_chroma_ef
from bench.performance.clients import Crew, Search
from bench.performance.corpus import QUESTIONS, Corpus
from bench.performance.faiss_limit import least_faiss_ef
from bench.performance.rounds import Figures, Rounds, percentile, recall, run_rounds
from documents.models import Document, EmbeddingIndex
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


def open_pgvector(name: str, questions_file: Path, k: int, collections: Sequence[int]) -> Search:
    """A contender (see bench/performance/clients.py): what `retrieve` calls."""
    database.use(name)
    index = PgVectorIndex(EmbeddingIndex.objects.get())
    questions = np.load(questions_file)
    scope = Scope(tuple(collections), None, *Document.objects.chunks_visible_of(collections))
    return lambda at: [near.chunk_id for near in index.search(questions[at], k, scope)]


def measure_semantic(corpus: Corpus, k: int, pace: Pace) -> Shown:
    asked = {"questions_file": corpus.file("questions.npy"), "k": k}
    whole = {"name": corpus.name, "collections": [*collection_ids(corpus)]}
    exact = [[int(number) + 1 for number in row[:EXACT]] for row in corpus.exact]
    with ExitStack() as stack:
        crews = {OURS: stack.enter_context(crew("bench.performance.semantic:open_pgvector", asked | whole, corpus))}
        recalls, efs = {OURS: recall_of(crews[OURS], exact)}, {CHROMA: CHROMA_EF}
        # A copy, so that both servers stay loaded with their own ef from round to round.
        equal = stack.enter_context(copied(corpus.file("chroma")))
        efs[CHROMA_EQUAL], _ = least_chroma_ef(equal, corpus.file("questions.npy"), k, exact, recalls[OURS])
        for name, data in {CHROMA: corpus.file("chroma"), CHROMA_EQUAL: equal}.items():
            port = stack.enter_context(chroma_server(data, efs[name]))
            crews[name] = stack.enter_context(
                crew("bench.performance.chroma:open_chroma", asked | {"port": port}, corpus)
            )
            recalls[name] = recall_of(crews[name], exact)
        file = corpus.file("faiss")
        efs[FAISS], recalls[FAISS] = least_faiss_ef(file, corpus.questions, k, exact, recalls[OURS])
        limit = asked | {"file": file, "ef_search": efs[FAISS]}
        crews[FAISS] = stack.enter_context(crew("bench.performance.faiss_limit:open_faiss", limit, corpus, processes=1))
        contenders = {name: partial(shown_by, asking, pace) for name, asking in crews.items()}
        return Shown(corpus, k, recalls, efs, run_rounds(contenders, pace.rounds))


@contextmanager
def copied(data: Path) -> Iterator[Path]:
    """A copy of a folder, which ends with this block."""
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        yield Path(shutil.copytree(data, Path(folder) / data.name))


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


def recall_of(asking: Crew, exact: Sequence[Sequence[int]]) -> float:
    return recall([found[:EXACT] for found in asking.found()], exact)
