"""A restored dump is another database: it fills a copy of its own, and leaves the first one's alone."""

from pathlib import Path

from documents.engine_copies.models import EngineCopy
from documents.models import Collection, Document
from documents.vector_index.choice import active_vector_index
from documents.vector_index.pgvector import PgVectorIndex
from qabot.backup.restoring import fill
from qabot.backup.scratch import django_uses
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, keep
from tests.fakes.engine import FakeEngineServer
from tests.qabot.backup_world import back_up, database_beside, reach


def test_a_restored_dump_writes_into_no_other_installations_copy(
    copied: Collection, engine: FakeEngineServer, tmp_path: Path
):
    first, held = copy_of(), in_engine(engine)
    archive = back_up(tmp_path / "facts.dump")
    server, tools = reach()

    with database_beside(server) as beside:
        fill(archive, beside, tools, lambda said: None)
        with django_uses(beside.database):
            came_along = EngineCopy.objects.get()
            at_first = active_vector_index()
            Document.objects.filter(name="cats.txt").delete()
            keep(engine)
            own = copy_of()
            assert (came_along.name, type(at_first)) == (first.name, PgVectorIndex)
            assert own.name != first.name
            assert engine.held(own.name) == in_postgres() != {}

    assert engine.held(first.name) == held
    assert copy_of().name == first.name
