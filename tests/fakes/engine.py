"""A vector engine that answers truthfully, fails on command, and outlives whoever is killed: one SQLite file.

server = FakeEngineServer(); settings.QABOT_VECTOR_INDEX = server.place
server.down = True   # every call fails
"""

import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from documents.scope import Scope
from documents.vector_index.base import Neighbour, Point, VectorIndexUnavailable
from documents.vector_index.opening import OPENERS
from documents.vector_index.places import Place

_numbers = itertools.count(1)
_servers: dict[str, "FakeEngineServer"] = {}


class FakeEngineServer:
    """Holds sets of vectors by name. `path` makes it last; in another process a place's path opens it again.

    `down` lets every call fail, `slow` waits so many seconds first, `fails_after` lets so many calls through and then
    fails, `loses_writes` acknowledges what it does not keep.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.place = Place("fake", host=f"fake-{next(_numbers)}", path=str(path or ""), api_key="sk-fake-key-0001")
        self.down, self.loses_writes = False, False
        self.slow = 0.0
        self.fails_after: int | None = None
        self.calls: list[str] = []
        self.lock = threading.RLock()
        self.rows = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None, timeout=30)
        self.rows.execute("CREATE TABLE IF NOT EXISTS sets (name TEXT PRIMARY KEY, dimensions INTEGER)")
        self.rows.execute(
            "CREATE TABLE IF NOT EXISTS vectors (name TEXT, id INTEGER, collection INTEGER, vector BLOB, "
            "PRIMARY KEY (name, id))"
        )
        self.register(self.place.host)

    def register(self, host: str) -> None:
        """Answer at this host too, in this process."""
        _servers[host] = self

    def engine(self, name: str, dimensions: int) -> "FakeEngine":
        return FakeEngine(self, name, dimensions)

    def names(self) -> set[str]:
        return {name for (name,) in self.rows.execute("SELECT name FROM sets")}

    def held(self, name: str) -> dict[int, int]:
        """Each chunk's collection, whatever the server does just now."""
        with self.lock:
            return dict(self.rows.execute("SELECT id, collection FROM vectors WHERE name = ?", [name]).fetchall())

    def forget(self, *chunk_ids: int) -> None:
        """Lose vectors behind everybody's back."""
        with self.lock:
            self.rows.executemany("DELETE FROM vectors WHERE id = ?", [[chunk_id] for chunk_id in chunk_ids])

    def called(self, what: str) -> None:
        self.calls.append(what)
        time.sleep(self.slow)
        if self.fails_after is not None:
            self.fails_after -= 1
        if self.down or (self.fails_after is not None and self.fails_after < 0):
            raise VectorIndexUnavailable("The fake engine does not answer.")


class FakeEngine:
    """One set of vectors."""

    def __init__(self, server: FakeEngineServer, name: str, dimensions: int) -> None:
        self.server, self.name, self.dimensions = server, name, dimensions

    def ensure(self) -> None:
        self.server.called("ensure")
        with self.server.lock:
            self.server.rows.execute("INSERT OR IGNORE INTO sets VALUES (?, ?)", [self.name, self.dimensions])

    def upsert(self, points: Sequence[Point]) -> None:
        self._require("upsert")
        rows = [(self.name, p.chunk_id, p.collection_id, np.asarray(p.vector, "<f4").tobytes()) for p in points]
        if not self.server.loses_writes:
            self._write("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        self._require("delete")
        if not self.server.loses_writes:
            self._write("DELETE FROM vectors WHERE name = ? AND id = ?", [(self.name, pk) for pk in chunk_ids])

    def search(self, vector: NDArray[np.float32], k: int, scope: Scope) -> list[Neighbour]:
        self._require("search")
        rows = self._read("SELECT id, collection, vector FROM vectors WHERE name = ?", self.name)
        near = [
            Neighbour(pk, float(np.frombuffer(blob, "<f4") @ vector))
            for pk, collection, blob in rows
            if collection in scope.collection_ids
        ]
        return sorted(near, key=lambda one: -one.similarity)[:k]

    def count(self) -> int:
        self._require("count")
        return int(self._read("SELECT count(*) FROM vectors WHERE name = ?", self.name)[0][0])

    def ids(self) -> Iterator[int]:
        self._require("ids")
        return iter([pk for (pk,) in self._read("SELECT id FROM vectors WHERE name = ?", self.name)])

    def drop(self) -> None:
        self.server.called("drop")
        for table in ("vectors", "sets"):
            self._write(f"DELETE FROM {table} WHERE name = ?", [(self.name,)])

    def health(self) -> str:
        self.server.called("health")
        return "fake 1.0"

    def _require(self, what: str) -> None:
        self.server.called(what)
        if not self._read("SELECT 1 FROM sets WHERE name = ?", self.name):
            raise VectorIndexUnavailable("The fake engine has no such set of vectors.")

    def _read(self, query: str, *values: object) -> list[tuple]:
        with self.server.lock:
            return self.server.rows.execute(query, values).fetchall()

    def _write(self, statement: str, rows: Sequence[tuple]) -> None:
        """All of it or nothing, and on the disk: as a server acknowledges."""
        with self.server.lock:
            self.server.rows.execute("BEGIN IMMEDIATE")
            self.server.rows.executemany(statement, rows)
            self.server.rows.execute("COMMIT")


def _open(place: Place, name: str, dimensions: int) -> FakeEngine:
    server = _servers.get(place.host) or FakeEngineServer(Path(place.path))
    return server.engine(name, dimensions)


OPENERS["fake"] = _open
