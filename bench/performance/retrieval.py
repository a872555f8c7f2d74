"""Retrieving at several sizes: the semantic leg, with scopes, the lexical leg, and all of `retrieve`.

One set of chunks after the other is laid into a database of its own, a Chroma collection and a faiss file, and
everything is measured on it. What is measured, and beside whom, says the module of each part.
"""

import os
from collections.abc import Sequence

from answers.retrieval import CANDIDATES
from bench.performance import database
from bench.performance.chroma import fill_chroma
from bench.performance.corpus import Corpus, fill
from bench.performance.faiss_limit import fill_faiss
from bench.performance.hybrid import hybrid_section, measure_hybrid
from bench.performance.lexical import lexical_section, measure_lexical
from bench.performance.rounds import Reach, Rounds, Section, number
from bench.performance.scopes import measure_scopes
from bench.performance.semantic import CHROMA, CHROMA_EQUAL, EXACT, FAISS, OURS, Pace, Shown, measure_semantic
from documents.vector_index.pgvector import EXACT_OF_ALL

SIZES = ((10_000, 384), (100_000, 384), (500_000, 384), (100_000, 1_536))
QUICK_SIZES = ((2_000, 384), (11_000, 384))  # below and above what is compared as a whole
PACE, QUICK_PACE = Pace(rounds=5, seconds=1.0), Pace(rounds=2, seconds=0.3)
SHIPPED = ("shared_buffers", "work_mem", "effective_cache_size", "jit", "max_parallel_workers_per_gather")


def measure(quick: bool) -> list[Section]:
    folder = database.folder()
    pace = QUICK_PACE if quick else PACE
    semantic: list[Shown] = []
    lexical: list[tuple[Corpus, Rounds, float]] = []
    scoped: list[Section] = []
    hybrid: list[list[str]] = []
    filled: list[list[str]] = []
    database.open_server()
    for chunks, dimensions in sizes(quick):
        corpus = Corpus(chunks, dimensions, folder)
        filled.append(fill_everywhere(corpus))
        semantic += [measure_semantic(corpus, k, pace) for k in (CANDIDATES, EXACT)]
        if chunks > EXACT_OF_ALL:
            scoped.append(measure_scopes(corpus, CANDIDATES, pace))
        if dimensions == min(SIZES)[1]:
            lexical.append(measure_lexical(corpus, CANDIDATES, pace))
        hybrid.append(measure_hybrid(corpus, quick))
    return [
        semantic_section(semantic, database.shown(*SHIPPED)),
        *scoped,
        lexical_section(lexical, CANDIDATES),
        hybrid_section(hybrid),
        filling_section(filled),
    ]


def sizes(quick: bool) -> Sequence[tuple[int, int]]:
    if chosen := os.environ.get("BENCH_SIZES"):  # 100000x384,500000x384
        return [(int(chunks), int(dimensions)) for chunks, dimensions in (one.split("x") for one in chosen.split(","))]
    return QUICK_SIZES if quick else SIZES


def fill_everywhere(corpus: Corpus) -> list[str]:
    took = fill(corpus)
    chroma = fill_chroma(corpus.file("chroma"), corpus.vectors)
    faiss = fill_faiss(corpus.file("faiss"), corpus.vectors)
    steps = [took.get(step, 0) for step in ("rows", "words", "HNSW")]
    return [str(corpus), *(f"{seconds:.0f}" for seconds in (*steps, chroma, faiss))]


def semantic_section(shown: Sequence[Shown], server: str) -> Section:
    rows = []
    for one in shown:
        for name, recalled in one.recalls.items():
            medians = [one.rounds.median(name, figure) for figure in ("p50", "p95", "requests_s")]
            ef = f", ef {one.efs[name]}" if name in one.efs else ""
            rows.append([f"{one.corpus}, k {one.k}: {name}{ef}", f"{recalled:.4f}", *map(number, medians)])
    return Section(
        "Semantic leg",
        ("chunks, neighbours asked for: who", "recall@10", "p50 ms", "p95 ms", "requests/s, 8 clients"),
        rows,
        [reach for one in shown for reach in semantic_reaches(one)] + growth(shown),
        [server],
        {f"{one.corpus} k {one.k}": dict(one.rounds.figures) for one in shown},
    )


def semantic_reaches(one: Shown) -> list[Reach]:
    where = f"{one.corpus}, k {one.k}"
    slower = CHROMA if one.recalls[CHROMA] >= one.recalls[OURS] else CHROMA_EQUAL
    reaches = [Reach(f"{where}: recall@10", one.recalls[OURS], 0.99, at_least=True)]
    for peer in dict.fromkeys((CHROMA, slower, CHROMA_EQUAL)):
        reaches += [
            Reach(f"{where}: p50 beside {peer}", one.rounds.ratio("p50", OURS, peer), 0.5),
            Reach(f"{where}: requests/s beside {peer}", one.rounds.ratio("requests_s", OURS, peer), 3, at_least=True),
        ]
    return [*reaches, Reach(f"{where}: p50 beside {FAISS}", one.rounds.ratio("p50", OURS, FAISS), float("inf"))]


def growth(shown: Sequence[Shown]) -> list[Reach]:
    """How much longer 500,000 take than 100,000."""
    p50 = {(one.corpus.chunks, one.corpus.dimensions, one.k): one.rounds.median(OURS, "p50") for one in shown}
    return [
        Reach(f"growth of p50 from 100k to 500k, k {k}", p50[500_000, 384, k] / p50[100_000, 384, k], 2)
        for k in (CANDIDATES, EXACT)
        if {(100_000, 384, k), (500_000, 384, k)} <= p50.keys()
    ]


def filling_section(filled: Sequence[Sequence[str]]) -> Section:
    return Section(
        "Seconds to fill",
        ("chunks", "QABot: rows", "words' index", "HNSW", "Chroma server", "faiss"),
        filled,
        notes=["0: kept from an earlier run (`--keep`)"],
    )
