"""`manage.py ingest`: files and folders from disk, what became of each, and an exit status that tells."""

import json
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.models import Collection, Document
from documents.options import indexing_options
from documents.worker import work_until
from tests.library import make_collection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "cats.txt").write_text("Cats purr.")
    (tmp_path / "inner" / "dogs.txt").write_text("Dogs bark.")
    (tmp_path / "inner" / "same.txt").write_text("Cats purr.")
    (tmp_path / ".git" / "config.txt").write_text("hidden")
    return tmp_path


def ingest(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("ingest", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_a_folder_is_taken_in_whole_but_for_what_is_hidden(folder: Path):
    shelf = make_collection()

    said = ingest(folder, "--collection", shelf.slug)

    assert said == ("2 added, 1 duplicate, 0 refused\n", "")
    assert sorted(shelf.documents.values_list("name", "status")) == [("cats.txt", "pending"), ("dogs.txt", "pending")]


@pytest.mark.django_db
def test_a_refused_file_is_named_and_the_others_are_kept(folder: Path):
    (folder / "empty.txt").write_bytes(b"")
    out, err = StringIO(), StringIO()

    with pytest.raises(CommandError, match=r"^1 of 2 files were not taken in\.$"):
        call_command("ingest", folder / "cats.txt", folder / "empty.txt", "--json", stdout=out, stderr=err)

    refused, kept = map(json.loads, out.getvalue().splitlines())
    assert refused == {
        "id": None,
        "name": "empty.txt",
        "status": "refused",
        "error_code": "empty",
        "error": "The file is empty.",
    }
    assert (kept["id"], kept["name"], kept["status"]) == (Document.objects.get().pk, "cats.txt", "pending")


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["no-such-file.txt"], [".", "--collection", "no-such"]])
def test_what_does_not_exist_is_said(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match=r"^There is no (file or folder|collection) "):
        ingest(*arguments)


@pytest.mark.django_db(transaction=True)
def test_waiting_ends_when_a_worker_has_indexed_all(folder: Path):
    Collection.objects.get_or_create(slug="documents", defaults={"name": "Documents"})
    stop = threading.Event()
    worker = threading.Thread(target=work_until, args=(stop, indexing_options()))
    worker.start()
    try:
        said, _ = ingest(folder, "--wait")
    finally:
        stop.set()
        worker.join()

    assert said == "2 added, 1 duplicate, 0 refused\n2 ready, 0 failed\n"
