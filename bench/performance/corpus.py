"""Fill a database, a Chroma collection and a faiss file with the same chunks. Measures nothing but how long that takes.

Rows are laid into QABot's own tables as `bin/restore` does it: data first, then token frequencies and search indexes.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from bench.performance import database, words
from bench.performance.vectors import DOCUMENT_CHUNKS, nearest, question_vectors, vector_blocks
from documents.bm25 import document_weights
from documents.embedding.local import LOCAL_MODEL
from documents.models import TOKEN_DIMENSIONS, Collection, Document, EmbeddingIndex, IndexState, Status
from documents.tokens import token_id
from documents.vector_index.pgvector import CREATE, EF_CONSTRUCTION
from documents.vector_types import know_vectors

SHARES = (0.001, 0.01, 0.1, 0.5)  # of all chunks, each in a collection; a last one holds the others
QUESTIONS = 400
NEIGHBOURS = 100  # the exact ones that are known of each question
SIGNED_TOKENS = 190  # wordpieces of 125 words; 32 bytes each
HOSTED_MODEL = "text-embedding-3-small"  # 1,536 dimensions

CHUNKS = """
COPY documents_chunk
(id, document_id, collection_id, ordinal, page_number, start, "end", text, heading_path, tokens, weights)
FROM STDIN WITH (FORMAT BINARY)
"""
CHUNK_TYPES = ["int8", "int8", "int8", "int4", "int4", "int4", "int4", "text", "text[]", "int4[]", "sparsevec"]
EMBEDDINGS = """
COPY documents_embedding (chunk_id, index_id, collection_id, vector, token_signs) FROM STDIN WITH (FORMAT BINARY)
"""
EMBEDDING_TYPES = ["int8", "int8", "int8", "halfvec", "bytea"]
PAGES = """
INSERT INTO documents_page (document_id, number, label, text, headings)
SELECT id, 1, '', '', '[]' FROM documents_document
"""
FREQUENCIES = """
INSERT INTO documents_tokenfrequency (collection_id, token, chunks)
SELECT collection_id, token, count(*) FROM documents_chunk, unnest(tokens) AS token GROUP BY collection_id, token
"""


@dataclass(frozen=True)
class Corpus:
    """So many chunks with vectors of so many dimensions, and what was asked of them."""

    chunks: int
    dimensions: int
    folder: Path

    @property
    def name(self) -> str:
        return f"bench_{self.chunks}_{self.dimensions}"

    def __str__(self) -> str:
        size = f"{self.chunks // 1_000}k" if self.chunks >= 1_000 else str(self.chunks)
        return f"{size} × {self.dimensions}"

    @property
    def model(self) -> str:
        return LOCAL_MODEL if self.dimensions == 384 else HOSTED_MODEL

    def file(self, kind: str) -> Path:
        return self.folder / f"{self.name}.{kind}"

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(chunks, dimensions): the vector of chunk 1 is the first. Read from the disk as needed."""
        read: NDArray[np.float32] = np.load(self.file("vectors.npy"), mmap_mode="r")
        return read

    @property
    def questions(self) -> NDArray[np.float32]:
        asked: NDArray[np.float32] = np.load(self.file("questions.npy"))
        return asked

    @property
    def exact(self) -> NDArray[np.int64]:
        """The nearest chunks' numbers of each question, (questions, 100)."""
        known: NDArray[np.int64] = np.load(self.file("exact.npy"))
        return known

    @property
    def collections(self) -> NDArray[np.int64]:
        """Which collection, from 0, each chunk is in: by whole documents."""
        random = np.random.default_rng(4)
        documents = -(-self.chunks // DOCUMENT_CHUNKS)
        ends = np.cumsum([max(round(share * documents), 1) for share in SHARES])
        of_document = np.searchsorted(ends, random.permutation(documents), side="right")
        return of_document.repeat(DOCUMENT_CHUNKS)[: self.chunks]

    def asked_words(self) -> list[list[int]]:
        """Questions as numbers of words, about chunks of the first block."""
        random = np.random.default_rng(5)
        first = next(words.chunk_words(self.chunks))
        return [words.question_words(first[int(at)], random) for at in random.integers(0, len(first), QUESTIONS)]


def fill(corpus: Corpus) -> dict[str, float]:
    """Lay vectors and questions into files and rows into a database of their own; seconds of each step."""
    took = {}
    if not corpus.file("exact.npy").exists():
        begun = time.perf_counter()
        np.save(corpus.file("vectors.npy"), np.concatenate([*vector_blocks(corpus.chunks, corpus.dimensions)]))
        np.save(corpus.file("questions.npy"), question_vectors(corpus.vectors, QUESTIONS))
        np.save(corpus.file("exact.npy"), nearest(corpus.vectors, corpus.questions, NEIGHBOURS))
        took["vectors and exact answers"] = time.perf_counter() - begun
    if not database.exists(corpus.name):
        filling = f"{corpus.name}_filling"
        database.drop(filling)
        database.create(filling)
        for what, step in (("rows", fill_rows), ("words", index_words), ("HNSW", index_vectors)):
            begun = time.perf_counter()
            step(corpus)
            took[what] = time.perf_counter() - begun
        database.rename(filling, corpus.name)  # a database of the right name is a filled one
        corpus.file("filled.json").write_text(json.dumps(took))
    database.use(corpus.name)
    return took


def fill_rows(corpus: Corpus) -> None:
    index = EmbeddingIndex.objects.create(model=corpus.model, dimensions=corpus.dimensions, state=IndexState.ACTIVE)
    collections = [
        Collection.objects.create(name=f"Collection {number}", slug=f"collection-{number}")
        for number in range(len(SHARES) + 1)
    ]
    of_chunk = [collections[number].pk for number in corpus.collections]
    documents = insert_documents(of_chunk)
    know_vectors()
    with connection.cursor() as cursor:
        # As pg_restore does: what the rows would be checked for and counted by one by one is made afterwards.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DROP INDEX chunk_tokens")
        with cursor.copy(CHUNKS) as copy:
            copy.set_types(CHUNK_TYPES)
            for position, row in enumerate(word_rows(corpus)):
                document = documents[position // DOCUMENT_CHUNKS]
                ordinal = position % DOCUMENT_CHUNKS
                copy.write_row((position + 1, document, of_chunk[position], ordinal, 1, 0, 1_000, *row))
        signs = token_signs(corpus)
        with cursor.copy(EMBEDDINGS) as copy:
            copy.set_types(EMBEDDING_TYPES)
            for position, vector in enumerate(corpus.vectors):
                signed = signs[position % len(signs)]
                copy.write_row((position + 1, index.pk, of_chunk[position], HalfVector(vector), signed))
        cursor.execute(PAGES)
        cursor.execute("RESET session_replication_role")


def insert_documents(of_chunk: list[int]) -> list[int]:
    documents = [
        Document(
            collection_id=of_chunk[begun],
            name=f"{words.word(begun)} report.pdf",
            media_type="application/pdf",
            size_bytes=1,
            sha256=sha256(str(begun).encode()).hexdigest(),
            status=Status.READY,
            ready_at=timezone.now(),
            chunks_total=(chunks := min(DOCUMENT_CHUNKS, len(of_chunk) - begun)),
            chunks_done=chunks,
        )
        for begun in range(0, len(of_chunk), DOCUMENT_CHUNKS)
    ]
    return [document.pk for document in Document.objects.bulk_create(documents, batch_size=1_000)]


def word_rows(corpus: Corpus) -> Iterator[tuple[str, list[str], list[int], SparseVector]]:
    """Text, heading path, tokens and weights of each chunk."""
    spelt = [words.word(number) for number in range(words.VOCABULARY)]
    tokens = [token_id(word) for word in spelt]
    for block in words.chunk_words(corpus.chunks):
        for drawn in block:
            weights = document_weights([tokens[number] for number in drawn])
            sparse = SparseVector({token - 1: weight for token, weight in weights.items()}, TOKEN_DIMENSIONS)
            yield " ".join([spelt[number] for number in drawn]), [], sorted(weights), sparse


def token_signs(corpus: Corpus) -> list[bytes | None]:
    """What reranking reads of a passage, where the model tells tokens. What it says changes no time."""
    if corpus.model != LOCAL_MODEL:
        return [None]
    random = np.random.default_rng(6)
    return [random.bytes(32 * SIGNED_TOKENS) for _ in range(101)]


def index_words(corpus: Corpus) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")  # as bin/restore does here
        cursor.execute("CREATE INDEX chunk_tokens ON documents_chunk USING gin (tokens)")
        cursor.execute(FREQUENCIES)


def index_vectors(corpus: Corpus) -> None:
    index = EmbeddingIndex.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '2GB'")  # a million vectors' graph is 1.2 GB
        named = {"index": index.pk, "dimensions": index.dimensions, "ef_construction": EF_CONSTRUCTION}
        cursor.execute(CREATE.format(concurrently="").format(**named))
        cursor.execute("VACUUM (ANALYZE)")
