"""Vectors written a second: as QABot stages them and moves them into place, beside a bare binary COPY.

The bare COPY goes into a table without index or constraint, in one piece. `stage_embeddings` is what the vectors of a
further model take; `stage_chunks` writes text, tokens and weights too, so it stands beside a COPY of all that.
Publishing is another thing: each vector is then put into the graph that is searched.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from bench.performance import database, words
from bench.performance.rounds import Figures, Reach, Rounds, Section, number, run_rounds
from bench.performance.vectors import vector_blocks
from documents.bm25 import document_weights
from documents.chunking import TextChunk
from documents.embedding.texts import EmbeddedTexts
from documents.models import TOKEN_DIMENSIONS, Collection, Document, EmbeddingIndex, IndexState
from documents.staging import (
    CHUNK_TYPES,
    COPY_CHUNKS,
    EmbeddedChunks,
    IndexedChunk,
    clear,
    publish,
    stage_chunks,
    stage_embeddings,
)
from documents.tokens import token_id
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_types import know_vectors

BARE, VECTORS = "bare binary COPY of vectors", "stage_embeddings"
BARE_CHUNKS, CHUNKS = "bare binary COPY of all that a chunk has", "stage_chunks"
PUBLISHED = "stage_chunks and publish"
BESIDE = {BARE: BARE, VECTORS: BARE, BARE_CHUNKS: BARE_CHUNKS, CHUNKS: BARE_CHUNKS, PUBLISHED: BARE_CHUNKS}
NAME = "bench_writing"
BARE_TABLES = """
DROP TABLE IF EXISTS bare, bare_chunk;
CREATE TABLE bare (id bigint, vector halfvec);
CREATE TABLE bare_chunk AS TABLE documents_stagedchunk WITH NO DATA;
ALTER TABLE bare ALTER COLUMN vector SET STORAGE PLAIN;
ALTER TABLE bare_chunk ALTER COLUMN vector SET STORAGE PLAIN;
"""
ROUNDS, QUICK_ROUNDS = 7, 2
SIZES = ((384, 10_000), (1_536, 4_000))  # dimensions, and vectors in each round
BATCH = 96  # as many as a provider embeds at a time
PUBLISHED_SHARE = 10  # of the vectors one in so many is published: that is slower by far


def measure(quick: bool) -> list[Section]:
    database.open_server()
    database.drop(NAME)
    database.create(NAME)
    shown = [(dimensions, run(dimensions, 500 if quick else rows, quick)) for dimensions, rows in SIZES]
    database.drop(NAME)
    return [section(shown)]


def run(dimensions: int, count: int, quick: bool) -> Rounds:
    index = EmbeddingIndex.objects.create(model=f"bench-{dimensions}", dimensions=dimensions, state=IndexState.RETIRED)
    PgVectorIndex(index).ensure()
    collection = Collection.objects.get_or_create(slug="bench", defaults={"name": "Bench"})[0]
    document = Document.objects.create(
        collection=collection, name="a", media_type="text/plain", size_bytes=1, sha256=f"{dimensions:064}"
    )
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLES)
    vectors = next(vector_blocks(max(count, 10_000), dimensions))[:count]
    chunks = [*indexed_chunks(count)]
    few = count // PUBLISHED_SHARE

    def stage_vectors() -> None:
        for rows in batches(count):
            embedded = EmbeddedTexts(vectors[rows], [None] * len(rows))
            stage_embeddings(document, index, rows, embedded)

    def stage(most: int) -> None:
        for rows in batches(most):
            several = chunks[rows.start : rows.stop]
            stage_chunks(document, index, EmbeddedChunks(several, vectors[rows.start : rows.stop], [None] * len(rows)))

    def stage_and_publish() -> None:
        stage(few)
        with transaction.atomic():
            publish(document, [index])

    def timed(work: Callable[[], None], written: int) -> Callable[[], Figures]:
        def once() -> Figures:
            clear(document)
            begun = time.perf_counter()
            work()
            return {"vectors_s": written / (time.perf_counter() - begun)}

        return once

    contenders = {
        BARE: timed(lambda: copy_bare(vectors), count),
        VECTORS: timed(stage_vectors, count),
        BARE_CHUNKS: timed(lambda: copy_chunks(chunks, vectors), count),
        CHUNKS: timed(lambda: stage(count), count),
        PUBLISHED: timed(stage_and_publish, few),
    }
    return run_rounds(contenders, QUICK_ROUNDS if quick else ROUNDS)


def copy_bare(vectors: NDArray[np.float32]) -> None:
    know_vectors()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bare")
        with cursor.copy("COPY bare (id, vector) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "halfvec"])
            for position, vector in enumerate(vectors):
                copy.write_row((position, HalfVector(vector)))


def copy_chunks(chunks: Sequence[IndexedChunk], vectors: NDArray[np.float32]) -> None:
    know_vectors()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bare_chunk")
        with cursor.copy(COPY_CHUNKS.replace("documents_stagedchunk", "bare_chunk")) as copy:
            copy.set_types(CHUNK_TYPES)
            for indexed, vector in zip(chunks, vectors, strict=True):
                chunk, weights = indexed.chunk, indexed.weights
                sparse = SparseVector({token - 1: weight for token, weight in weights.items()}, TOKEN_DIMENSIONS)
                place = (chunk.ordinal, chunk.page_number, chunk.start, chunk.end)
                found_by: tuple[object, ...] = (chunk.text, [], sorted(weights), sparse)
                copy.write_row((1, 1, *place, *found_by, HalfVector(vector), None))


def batches(count: int) -> Iterator[range]:
    for begun in range(0, count, BATCH):
        yield range(begun, min(begun + BATCH, count))


def indexed_chunks(count: int) -> Iterator[IndexedChunk]:
    ordinal = 0
    for block in words.chunk_words(count):
        for drawn in block:
            text = " ".join(map(words.word, drawn))
            weights = document_weights([token_id(words.word(number)) for number in drawn])
            chunk = TextChunk(ordinal=ordinal, page_number=1, start=0, end=len(text), text=text, heading_path=())
            yield IndexedChunk(chunk, weights)
            ordinal += 1


def section(shown: list[tuple[int, Rounds]]) -> Section:
    rows = [
        [f"{dimensions} dimensions: {name}", number(rounds.median(name, "vectors_s")), ratio(rounds, name)]
        for dimensions, rounds in shown
        for name in BESIDE
    ]
    reaches = [
        Reach(
            f"{dimensions} dimensions: {name} beside it",
            rounds.ratio("vectors_s", name, BESIDE[name]),
            0.7,
            at_least=True,
        )
        for dimensions, rounds in shown
        for name in (VECTORS, CHUNKS)
    ]
    figures = {str(dimensions): dict(rounds.figures) for dimensions, rounds in shown}
    return Section(
        f"Vectors written, {BATCH} at a time",
        ("how", "vectors/s", "times the bare COPY"),
        rows,
        reaches,
        figures=figures,
    )


def ratio(rounds: Rounds, name: str) -> str:
    return number(rounds.ratio("vectors_s", name, BESIDE[name]))
