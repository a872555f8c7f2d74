"""A worker that is killed in the middle of telling the engine, and a move to an engine and back, under questions."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings, settings
from django.db import connection
from django.db.models.functions import Now

from answers.retrieval import retrieve
from answers.timing import Stopwatch
from documents.engine_copies.keeping import CopyKeeper
from documents.engine_copies.models import EngineCopy, VectorChange
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex
from documents.scope import Scope
from documents.vector_index.choice import active_vector_index
from documents.vector_index.copied import CopiedIndex
from documents.vector_index.pgvector import PgVectorIndex
from documents.vector_index.places import Place
from tests.documents.embedding_indexes.steps import FACTS
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep, outbox
from tests.fakes.engine import FakeEngineServer

SECONDS = 60  # that anything may take on a busy machine
TOWER = "How tall is the Eiffel Tower?"


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


def add_chunks(collection: Collection, count: int) -> None:
    """Further chunks with vectors, none of which anybody has to embed."""
    document, index = Document.objects.order_by("pk")[0], EmbeddingIndex.objects.get()
    template = document.chunks.get()
    chunks = [
        Chunk(
            document=document,
            collection=collection,
            ordinal=number,
            page_number=1,
            start=0,
            end=1,
            text=f"{number}",
            weights=template.weights,
        )
        for number in range(1, count + 1)
    ]
    vectors = np.random.default_rng(1).normal(size=(count, index.dimensions))
    Embedding.objects.bulk_create(
        Embedding(chunk=chunk, index=index, collection=collection, vector=vector.tolist())
        for chunk, vector in zip(Chunk.objects.bulk_create(chunks), vectors, strict=True)
    )


@contextmanager
def syncing(path: Path, place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """A real worker's process; killed at the end, whatever happens."""
    connection.ensure_connection()
    info = connection.connection.info
    address = f"postgres://{info.user}:{info.password}@{info.host.replace('/', '%2F')}:{info.port}/{info.dbname}"
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "qabot.settings"}
    arguments = ["-m", "tests.documents.engine_copies.syncing_worker", str(path), place.host, "0.02"]
    process = subprocess.Popen([sys.executable, *arguments], cwd=settings.BASE_DIR, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(SECONDS)


def test_workers_killed_in_the_middle_of_a_sync_are_gone_on_from(
    library: Collection, tmp_path: Path, settings: LazySettings
):
    add_chunks(library, 200)
    server = FakeEngineServer(tmp_path / "engine.db")
    settings.QABOT_VECTOR_INDEX = server.place
    seen = 0
    for _ in range(3):
        EngineCopy.objects.update(lease_until=Now() - timedelta(seconds=1))
        with syncing(tmp_path / "engine.db", server.place) as worker:
            wait_until(lambda: held(server) > seen or worker.poll() is not None)  # noqa: B023 - of this round
        assert seen < held(server) < 204, "each got on with it, and none came to its end"
        seen = held(server)
    Document.objects.filter(name="honey.txt").delete()

    EngineCopy.objects.update(lease_until=Now() - timedelta(seconds=1))
    keep(server)

    assert in_engine(server) == in_postgres()
    assert outbox() == set()
    assert EngineCopy.objects.count() == 1


def held(server: FakeEngineServer) -> int:
    return sum(len(server.held(name)) for name in server.names())


class Asking(threading.Thread):
    """Asks over and over, and keeps what was wrong with what it found."""

    def __init__(self, collection: Collection) -> None:
        super().__init__()
        self.scope = Scope((collection.pk,), None, len(FACTS))
        self.tower = Chunk.objects.get(document__name="tower.txt").pk
        self.stop = threading.Event()
        self.asked, self.wrong = 0, list[object]()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                found = retrieve(TOWER, self.scope, Stopwatch())
                if found.notice or len(found.passages) != len(FACTS) or found.passages[0].chunk_id != self.tower:
                    self.wrong.append(found)
                self.asked += 1
            except Exception as error:
                self.wrong.append(error)
        connection.close()


@contextmanager
def people_asking(collection: Collection) -> Iterator[list[Asking]]:
    people = [Asking(collection) for _ in range(2)]
    for person in people:
        person.start()
    try:
        yield people
    finally:
        for person in people:
            person.stop.set()
        for person in people:
            person.join(SECONDS)


def through_an_engine_and_back(place: Place, people: list[Asking], settings: LazySettings) -> None:
    """Move to an engine, to a fresh copy in it, and back to Postgres; each is asked against for a while."""

    def asked_for_a_while() -> None:
        seen = [person.asked for person in people]
        wait_until(lambda: all(person.asked >= before + 5 for person, before in zip(people, seen, strict=True)))

    asked_for_a_while()
    settings.QABOT_VECTOR_INDEX = place
    keeper = CopyKeeper(place)
    while keeper.work_once():
        pass
    assert isinstance(active_vector_index(), CopiedIndex)
    asked_for_a_while()
    first = copy_of()
    EngineCopy.objects.begin(first.index_id, place.location)
    while keeper.work_once():
        pass
    assert copy_of().pk != first.pk
    asked_for_a_while()
    settings.QABOT_VECTOR_INDEX = None
    assert isinstance(active_vector_index(), PgVectorIndex)
    without = CopyKeeper(None)
    while without.work_once():
        pass
    asked_for_a_while()


def test_a_move_to_an_engine_and_back_costs_no_question_its_answer(library: Collection, settings: LazySettings):
    server = FakeEngineServer()
    with people_asking(library) as people:
        through_an_engine_and_back(server.place, people, settings)

    assert [person.wrong for person in people] == [[], []]
    assert server.calls.count("search") > 10
    assert (EngineCopy.objects.count(), VectorChange.objects.count()) == (0, 0)


def test_so_does_one_to_milvus_lite_and_back(library: Collection, settings: LazySettings, tmp_path: Path):
    pytest.importorskip("milvus_lite", reason="the package milvus-lite is not installed")
    place = Place("milvus", path=str(tmp_path / "vectors.db"))
    with people_asking(library) as people:
        through_an_engine_and_back(place, people, settings)

    assert [person.wrong for person in people] == [[], []]
