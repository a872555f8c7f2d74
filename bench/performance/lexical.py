"""The lexical leg as it is shipped, beside bm25s in the asking process, over the same tokens.

bm25s scores every chunk that holds a word of the question, knows no scopes and keeps its index in memory. The leg
looks the words' frequencies up and ranks what holds the rarest of them (documents/lexical_index.py).
"""

import logging
import time
from pathlib import Path

import bm25s
import numpy as np

from bench.performance import database, words
from bench.performance.clients import Search
from bench.performance.corpus import Corpus
from bench.performance.rounds import Reach, Rounds, Section, number, run_rounds
from bench.performance.semantic import EXACT, OURS, Pace, collection_ids, crew, shown_by
from documents.bm25 import K1, B
from documents.lexical_index import search_lexical, weigh_question
from documents.scope import Scope
from documents.tokens import token_id

BM25S = "bm25s, in process"
logging.getLogger("bm25s").setLevel(logging.WARNING)  # else it tells each step


def measure_lexical(corpus: Corpus, k: int, pace: Pace) -> tuple[Corpus, Rounds, float]:
    """The rounds, and how many of the best ten both find."""
    fill_bm25s(corpus)
    asked = {"chunks": corpus.chunks, "folder": corpus.folder, "dimensions": corpus.dimensions, "k": k}
    ours = crew("bench.performance.lexical:open_lexical", asked, corpus)
    theirs = crew("bench.performance.lexical:open_bm25s", asked, corpus, processes=1)
    try:
        both = zip(ours.found(), theirs.found(), strict=True)
        shared = float(np.mean([len(set(one[:EXACT]) & set(other[:EXACT])) / EXACT for one, other in both]))
        contenders = {OURS: lambda: shown_by(ours, pace), BM25S: lambda: shown_by(theirs, pace)}
        return corpus, run_rounds(contenders, pace.rounds), shared
    finally:
        ours.close()
        theirs.close()


def lexical_section(shown: list[tuple[Corpus, Rounds, float]], k: int) -> Section:
    rows = [
        [f"{corpus.chunks:,} chunks: {name}", *(number(rounds.median(name, figure)) for figure in FIGURES)]
        for corpus, rounds, _ in shown
        for name in (OURS, BM25S)
    ]
    reaches = [
        Reach(f"{corpus.chunks:,} chunks: p50 beside bm25s", rounds.ratio("p50", OURS, BM25S), 1.5)
        for corpus, rounds, _ in shown
    ]
    notes = [
        f"{corpus.chunks:,} chunks: {100 * shared:.0f} % of the best ten are bm25s's too" for corpus, _, shared in shown
    ]
    figures = {f"{corpus.chunks}": dict(rounds.figures) for corpus, rounds, _ in shown}
    columns = ("chunks: who", "p50 ms", "p95 ms", "requests/s, 8 clients")
    return Section(f"Lexical leg, {k} chunks asked for", columns, rows, reaches, notes, figures)


FIGURES = ("p50", "p95", "requests_s")


def fill_bm25s(corpus: Corpus) -> float:
    """Build its index into a folder; seconds it took, 0 if it was there."""
    folder = corpus.file("bm25s")
    if folder.exists():
        return 0.0
    begun = time.perf_counter()
    drawn = [one.tolist() for block in words.chunk_words(corpus.chunks) for one in block]
    index = bm25s.BM25(method="lucene", k1=K1, b=B)
    index.index((drawn, {str(number): number for number in range(words.VOCABULARY)}), show_progress=False)
    unfinished = folder.with_suffix(".part")
    index.save(str(unfinished))
    unfinished.rename(folder)
    return time.perf_counter() - begun


def open_lexical(chunks: int, dimensions: int, folder: Path, k: int) -> Search:
    """A contender (see bench/performance/clients.py): what `retrieve` calls, the words' frequencies included."""
    corpus = Corpus(chunks, dimensions, folder)
    scope = Scope(collection_ids=tuple(collection_ids(corpus)), document_ids=None, chunks=chunks)
    database.use(corpus.name)
    asked = [[token_id(words.word(number)) for number in question] for question in corpus.asked_words()]
    return lambda at: [hit.chunk_id for hit in search_lexical(weigh_question(asked[at], scope), k, scope)]


def open_bm25s(chunks: int, dimensions: int, folder: Path, k: int) -> Search:
    """A contender (see bench/performance/clients.py)."""
    corpus = Corpus(chunks, dimensions, folder)
    index = bm25s.BM25.load(str(corpus.file("bm25s")))
    asked = [[str(number) for number in question] for question in corpus.asked_words()]

    def search(at: int) -> list[int]:
        found, _ = index.retrieve([asked[at]], k=k, show_progress=False)
        return [int(number) + 1 for number in found[0]]

    return search
