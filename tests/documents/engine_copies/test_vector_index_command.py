"""`manage.py vector_index`: see how far it is, bring it up to date, fill it anew, compare and repair."""

import io
import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from documents.managing import delete_document
from documents.models import Collection, Document
from documents.vector_index.choice import active_vector_index
from documents.vector_index.copied import CopiedIndex
from tests.documents.engine_copies.steps import copy_of, in_engine, in_postgres, outbox
from tests.fakes.engine import FakeEngineServer
from tests.library import make_user


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("vector_index", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_without_an_engine_it_says_that_postgres_searches():
    assert run("status") == "Vectors are searched for in Postgres.\n"
    with pytest.raises(CommandError, match="VECTOR_INDEX_URL is not set"):
        run("sync")


def test_status_tells_both_sides_and_what_waits(copied: Collection, engine: FakeEngineServer):
    delete_document(Document.objects.get(name="cats.txt"))
    engine.forget(max(in_postgres()))
    name = copy_of().name

    told, shown = run("status"), json.loads(run("status", "--json"))

    assert f"{name}  Active  all-MiniLM-L6-v2: holds 3 of 3 vectors; 1 changes wait, the oldest for 0 s" in told
    copy = shown["copies"][0]
    assert (copy["state"], copy["embedded"], copy["held"], copy["waiting"]) == ("active", 3, 3, 1)
    assert engine.place.api_key not in told


def test_status_of_an_engine_that_is_down(copied: Collection, engine: FakeEngineServer):
    engine.down = True

    assert "does not answer of 4 vectors; 0 changes wait\n     The fake engine does not answer.\n" in run("status")


def test_sync_fills_and_delivers_all_that_waits(library: Collection, engine: FakeEngineServer):
    run("sync")
    filled = in_engine(engine) == in_postgres()
    delete_document(Document.objects.get(name="cats.txt"))

    assert run("sync") == "Everything is delivered.\n"

    assert filled
    assert in_engine(engine) == in_postgres()
    assert isinstance(active_vector_index(), CopiedIndex)


def test_sync_with_an_engine_that_is_down_ends_and_says_why(copied: Collection, engine: FakeEngineServer):
    engine.down = True
    delete_document(Document.objects.get(name="cats.txt"))

    with pytest.raises(CommandError, match="The fake engine does not answer"):
        run("sync")

    assert len(outbox()) == 1


def test_rebuild_fills_a_fresh_copy_while_the_old_one_answers(copied: Collection, engine: FakeEngineServer):
    old = copy_of()

    run("rebuild")

    assert copy_of().pk != old.pk
    assert in_engine(engine) == in_postgres()


def lose_one(engine: FakeEngineServer) -> None:
    engine.forget(min(in_postgres()))


def keep_a_stranger(engine: FakeEngineServer) -> None:
    engine.rows.execute("INSERT INTO vectors SELECT name, 123456789, collection, vector FROM vectors LIMIT 1")


def both(engine: FakeEngineServer) -> None:
    """The counts are the same."""
    keep_a_stranger(engine)
    lose_one(engine)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lose_one, "1 vectors missing, 0 too"),
        (keep_a_stranger, "0 vectors missing, 1 too"),
        (both, "1 vectors missing, 1 too"),
    ],
)
def test_verify_finds_what_differs_and_repairs_it(copied: Collection, engine: FakeEngineServer, damage: Any, told: str):
    sound = run("verify")
    damage(engine)
    output = io.StringIO()

    with pytest.raises(CommandError, match="differs from Postgres"):
        call_command("vector_index", "verify", stdout=output)
    run("verify", "--repair")

    assert sound == f"{copy_of().name}: 0 vectors missing, 0 too many.\n"
    assert told in output.getvalue()
    assert in_engine(engine) == in_postgres()
    assert run("verify") == sound


def test_readyz_tells_lag_and_an_engine_that_is_away(copied: Collection, engine: FakeEngineServer, client: Client):
    def told() -> dict[str, str]:
        response = client.get("/readyz")
        assert response.status_code == 200
        return response.json()["checks"]["vector engine"]

    well = told()
    delete_document(Document.objects.get(name="cats.txt"))
    waiting = told()
    type(copy_of()).objects.update(error="It does not answer.")
    away = told()

    assert well == {"state": "ok", "detail": "fake answers; it was told everything."}
    assert waiting["detail"] == "fake answers; 1 change not delivered, the oldest 0 s old."
    assert (away["state"], away["advice"]) == ("warning", "Look with: manage.py vector_index status")
    assert away["detail"].startswith("fake cannot be used: It does not answer. 1 change not delivered")


def test_the_doctor_asks_the_engine_itself(copied: Collection, engine: FakeEngineServer):
    def told() -> Any:
        output = io.StringIO()
        with pytest.raises(SystemExit) if engine.down else io.StringIO():
            call_command("doctor", "--json", stdout=output)
        return json.loads(output.getvalue())["checks"]["engine's server"]

    well = told()
    engine.down = True

    assert (well["state"], well["detail"]) == ("ok", f"{engine.place.location}: fake 1.0.")
    assert told()["state"] == "problem"


def test_the_admin_tells_of_copies_where_there_is_an_engine(
    copied: Collection, engine: FakeEngineServer, client: Client, settings: LazySettings
):
    client.force_login(make_user("root", is_staff=True, is_superuser=True))

    with_one = client.get("/admin/documents/embeddingindex/").content.decode()
    settings.QABOT_VECTOR_INDEX = None
    without = client.get("/admin/documents/embeddingindex/").content.decode()

    assert "Active, told everything" in with_one
    assert "told everything" not in without
