"""The semantic leg with a scope of a part of the chunks, whole documents of them: how much it finds, how long it
takes.

Questions are about all chunks, so most ask a small scope for what is not in it: the hard case for a graph of
neighbours.
"""

from collections.abc import Sequence

import numpy as np

from bench.performance.corpus import QUESTIONS, Corpus
from bench.performance.rounds import Reach, Rounds, Section, number, run_rounds
from bench.performance.semantic import EXACT, Pace, collection_ids, crew, latencies_of, recall_of
from bench.performance.vectors import nearest

EVERYTHING = "100 %"
MOST_BESIDE_EVERYTHING = 3


def measure_scopes(corpus: Corpus, k: int, pace: Pace) -> Section:
    """A row for each collection that holds a share of the chunks, and for all of them together."""
    recalls, rounds = run_scopes(corpus, k, pace)
    rows = [
        [
            name,
            f"{recalls[name]:.4f}",
            *(number(rounds.median(name, figure)) for figure in ("p50", "p95")),
            number(rounds.ratio("p50", name, EVERYTHING)),
        ]
        for name in recalls
    ]
    reaches = [Reach(f"{name}: recall@10", recalls[name], 0.97, at_least=True) for name in recalls]
    reaches += [
        Reach(f"{name}: p50 beside all", rounds.ratio("p50", name, EVERYTHING), MOST_BESIDE_EVERYTHING)
        for name in recalls
        if name != EVERYTHING
    ]
    return Section(
        f"Scopes in {corpus}, {k} neighbours asked for",
        ("scope", "recall@10", "p50 ms", "p95 ms", "p50, times that of all"),
        rows,
        reaches,
        figures=dict(rounds.figures),
    )


def run_scopes(corpus: Corpus, k: int, pace: Pace) -> tuple[dict[str, float], Rounds]:
    recalls: dict[str, float] = {}
    crews = {}
    try:
        for name, collections, members in scopes(corpus):
            arguments = {
                "name": corpus.name,
                "questions_file": corpus.file("questions.npy"),
                "k": k,
                "collections": collections,
            }
            crews[name] = crew("bench.performance.semantic:open_pgvector", arguments, corpus, processes=1, threads=4)
            recalls[name] = recall_of(crews[name], exact_within(corpus, members))
        contenders = {name: lambda asking=asking: latencies_of(asking, pace) for name, asking in crews.items()}
        return recalls, run_rounds(contenders, pace.rounds)
    finally:
        for asking in crews.values():
            asking.close()


def scopes(corpus: Corpus) -> list[tuple[str, list[int], Sequence[int]]]:
    """The share of each scope, its collections, and the positions of its chunks; the last one is everything."""
    ids = [*collection_ids(corpus)]
    of_chunk = corpus.collections
    parts = [np.flatnonzero(of_chunk == number) for number in range(len(ids) - 1)]
    named: list[tuple[str, list[int], Sequence[int]]] = [
        (f"{100 * len(part) / corpus.chunks:.2g} %", [ids[number]], part.tolist()) for number, part in enumerate(parts)
    ]
    return [*named, (EVERYTHING, ids, range(corpus.chunks))]


def exact_within(corpus: Corpus, members: Sequence[int]) -> list[list[int]]:
    """The true nearest chunks' numbers of each question inside a scope."""
    if len(members) == corpus.chunks:
        return [[int(number) + 1 for number in row[:EXACT]] for row in corpus.exact]
    positions = np.asarray(members)
    found = nearest(np.asarray(corpus.vectors[positions]), corpus.questions[:QUESTIONS], EXACT)
    return [[int(number) + 1 for number in positions[row]] for row in found]
