"""A switch is one moment: whoever asks, uploads or goes back finds one whole index before it and one after it."""

import threading
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import connection, transaction

from documents.embedding.choice import embedder_for
from documents.embedding_indexes.filling import Filler
from documents.embedding_indexes.removing import remove_some
from documents.embedding_indexes.switching import IndexRefused, activate, begin, give_up, roll_back
from documents.indexing import (
    IndexSwitched,
    active_index,
    embed_chunks,
    embed_for_others,
    embed_staged,
    index_document,
    publish,
)
from documents.models import (
    Chunk,
    Collection,
    Embedding,
    EmbeddingIndex,
    StagedChunk,
    StagedEmbedding,
    Status,
)
from documents.options import indexing_options
from documents.vector_index.pgvector import PgVectorIndex
from tests.documents.embedding_indexes.steps import (
    FACTS,
    LOCAL,
    LONG,
    SMALL,
    all_chunks,
    begin_small,
    claimed_page,
    embedded,
    fill,
    filler,
    index_page,
    status,
)
from tests.fakes.provider import FakeProvider
from tests.library import upload_text

ZEBRAS = "Zebras have stripes."


def states() -> dict[str, str]:
    return dict(EmbeddingIndex.objects.values_list("model", "state"))


def test_an_index_that_lacks_chunks_is_not_activated(provider: FakeProvider, library: Collection):
    index = begin_small()
    worker = filler()
    worker.work_once()

    with pytest.raises(IndexRefused, match="3 chunks are not embedded yet"):
        activate(index.pk)
    provider.mode = "401"
    worker.work_once()
    worker.work_once()
    with pytest.raises(IndexRefused, match="refused the key"):
        activate(index.pk)

    assert states() == {LOCAL: "active", SMALL: "building"}


def test_an_index_is_not_activated_before_its_search_index_is_built(provider: FakeProvider, library: Collection):
    index = begin_small()
    fill(index)
    PgVectorIndex(index).drop()

    with pytest.raises(IndexRefused, match="building what makes searching quick"):
        activate(index.pk)


def test_one_index_at_a_time_is_filled(provider: FakeProvider, library: Collection):
    begin_small()

    for model, dimensions, said in [
        ("text-embedding-3-large", 3072, "being filled already"),
        (SMALL, 1536, "There is an index of"),
        (SMALL, 5000, "4,000 dimensions at most"),
    ]:
        with pytest.raises(IndexRefused, match=said):
            begin(model, dimensions)


def test_going_back_goes_to_the_index_before_and_forth_again(provider: FakeProvider, library: Collection):
    with pytest.raises(IndexRefused, match="no earlier index"):
        roll_back()
    hosted = begin_small()
    fill(hosted)

    activate(hosted.pk)
    assert states() == {LOCAL: "retired", SMALL: "active"}
    roll_back()
    assert states() == {LOCAL: "active", SMALL: "retired"}
    roll_back()
    assert states() == {LOCAL: "retired", SMALL: "active"}


def test_a_switch_waits_for_a_publication_that_is_under_way(provider: FakeProvider, library: Collection):
    hosted = begin_small()
    fill(hosted)
    switching = InThread(lambda: activate(hosted.pk))

    with transaction.atomic():
        EmbeddingIndex.objects.kept_and_held()
        switching.start()
        switching.join(0.3)
        waited = switching.is_alive()
    switching.join()

    assert (waited, switching.error, states()) == (True, None, {LOCAL: "retired", SMALL: "active"})


def test_a_publication_waits_for_a_switch_and_finds_the_index_that_is_active_then(
    provider: FakeProvider, library: Collection
):
    hosted = begin_small()
    fill(hosted)
    upload_text(library, "new.txt", ZEBRAS)
    document = claimed_page(ZEBRAS)
    embed_chunks(document, active_index(indexing_options()), embedder_for(LOCAL))
    publishing = InThread(lambda: publish(document))

    with transaction.atomic():
        activate(hosted.pk)
        publishing.start()
        publishing.join(0.3)
        waited = publishing.is_alive()
    publishing.join()

    assert (waited, type(publishing.error)) == (True, IndexSwitched)
    assert not Chunk.objects.filter(document=document).exists()


class InThread(threading.Thread):
    """Does something on a connection of its own, and keeps what it raised."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self.do = do
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.do()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


@pytest.mark.parametrize("also_staged", [True, False])
def test_an_upload_in_the_middle_of_a_switch_ends_in_the_index_that_is_active_then(
    provider: FakeProvider, library: Collection, also_staged: bool
):
    hosted = begin_small()
    fill(hosted)
    upload_text(library, "new.txt", ZEBRAS)
    document = claimed_page(ZEBRAS)
    options = indexing_options()
    local = active_index(options)
    embed_chunks(document, local, embedder_for(LOCAL))
    if also_staged:
        embed_for_others(document, local, options)

    activate(hosted.pk)
    if not also_staged:
        with pytest.raises(IndexSwitched):
            publish(document)
        embed_staged(document, active_index(options), options)
    publish(document)

    document.refresh_from_db()
    assert document.status == Status.READY
    assert embedded(hosted) == embedded(local) == all_chunks()
    assert (StagedChunk.objects.count(), StagedEmbedding.objects.count()) == (0, 0)


def test_an_upload_that_was_interrupted_before_the_switch_goes_on_after_it(
    provider: FakeProvider, long_library: Collection
):
    before, after = EmbeddingIndex.objects.get(), begin(SMALL, 256)
    fill(after)
    upload_text(long_library, "new.txt", ZEBRAS)
    document, options = claimed_page(LONG.replace("cat", "zebra")), indexing_options()
    with pytest.raises(InterruptedError):
        embed_chunks(document, before, embedder_for(SMALL), paying=interrupting())
    staged = StagedChunk.objects.count()
    activate(after.pk)

    index_document(document, options)

    document.refresh_from_db()
    assert (document.status, document.chunks.count()) == (Status.READY, document.chunks_total)
    assert 0 < staged < document.chunks_total
    assert embedded(after) == embedded(before) == all_chunks()


def interrupting():
    """Pays for nothing, and ends the second batch."""
    batches: list[list[str]] = []

    def paying(model, texts):
        if batches:
            raise InterruptedError
        batches.append(texts)
        return nullcontext()

    return paying


def test_an_index_that_is_retired_leaves_no_rows_and_no_search_index(provider: FakeProvider, library: Collection):
    hosted = begin_small()
    fill(hosted)
    local = EmbeddingIndex.objects.get(state="active")
    activate(hosted.pk)

    with pytest.raises(IndexRefused, match="This is the active index"):
        give_up(hosted.pk)
    give_up(local.pk)
    with pytest.raises(IndexRefused, match="no earlier index"):
        roll_back()
    index_page(library, "new.txt", ZEBRAS)
    worker = filler()
    while worker.work_once():
        pass

    assert states() == {SMALL: "active"}
    assert Embedding.objects.count() == len(FACTS) + 1
    assert not PgVectorIndex(local).is_built()
    with pytest.raises(IndexRefused, match="There is no index number"):
        activate(local.pk)


def test_an_index_under_which_chunks_are_staged_goes_after_them(provider: FakeProvider, library: Collection):
    hosted = begin_small()
    fill(hosted)
    local = EmbeddingIndex.objects.get(state="active")
    upload_text(library, "new.txt", ZEBRAS)
    document, options = claimed_page(ZEBRAS), indexing_options()
    embed_chunks(document, local, embedder_for(LOCAL))
    activate(hosted.pk)
    give_up(local.pk)

    while remove_some(local):
        pass
    assert states() == {LOCAL: "removing", SMALL: "active"}
    index_document(document, options)
    while remove_some(local):
        pass

    assert states() == {SMALL: "active"}
    assert embedded(hosted) == all_chunks()


def test_removing_waits_for_a_backup_without_holding_up_the_worker(provider: FakeProvider, library: Collection):
    hosted = begin_small()
    fill(hosted)
    give_up(hosted.pk)
    begun, ended = threading.Event(), threading.Event()

    def back_up() -> None:
        with transaction.atomic():
            Embedding.objects.count()
            begun.set()
            ended.wait(30)

    backup = InThread(back_up)
    backup.start()
    begun.wait(30)
    meanwhile = remove_some(hosted)
    ended.set()
    backup.join()
    while remove_some(hosted):
        pass

    assert (meanwhile, states()) == (False, {LOCAL: "active"})


def test_one_worker_builds_the_search_index_while_others_look_on(provider: FakeProvider, library: Collection):
    index = begin_small()
    fill(index)
    PgVectorIndex(index).drop()
    workers = [filler() for _ in range(3)]

    for _ in range(1_000):
        if status(index).searchable:
            break
        for worker in workers:
            worker.work_once()
        threading.Event().wait(0.05)

    assert (status(index).searchable, status(index).error) == (True, "")


def test_a_build_that_was_broken_off_is_done_anew(provider: FakeProvider, library: Collection):
    index = begin_small()
    name = PgVectorIndex(index).name
    fill(index)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
    assert not status(index).searchable

    fill(index, Filler(indexing_options(), look_again_seconds=0.05))

    assert status(index).searchable
