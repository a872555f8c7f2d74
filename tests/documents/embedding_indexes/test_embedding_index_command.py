"""manage.py embedding_index: the whole change of a model from the command line, for people and for scripts."""

import json
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from documents.models import Collection, Embedding, EmbeddingIndex
from tests.documents.embedding_indexes.steps import FACTS, SMALL, fill, filler
from tests.fakes.provider import FakeProvider


def run(*arguments: str) -> tuple[str, str]:
    """What the command writes, and what it says beside it."""
    out, errors = StringIO(), StringIO()
    call_command("embedding_index", *arguments, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_a_model_is_changed_and_changed_back_by_commands(
    provider: FakeProvider, library: Collection, settings: LazySettings
):
    settings.QABOT_EMBEDDING_MODEL = SMALL
    assert "To change over: embedding_index create. To keep it: EMBEDDING_MODEL=all-MiniLM-L6-v2" in run("status")[0]

    out, told = run("create", "--yes")
    hosted = EmbeddingIndex.objects.get(model=SMALL)
    assert out == f"Index {hosted.pk} of {SMALL} (1536) is being filled.\n"
    assert "4 chunks to embed" in told
    assert "Cost: $0.0000" in told
    assert f"{SMALL} (1,536)  0 of 4 chunks (0 %)" in run("status")[0]

    with pytest.raises(CommandError, match="4 chunks are not embedded yet"):
        run("activate", str(hosted.pk))
    fill(hosted)
    assert "from now on" in run("activate", str(hosted.pk))[0]
    assert "all-MiniLM-L6-v2 (384) from now on" in run("rollback")[0]
    run("rollback")
    out, told = run("retire", str(EmbeddingIndex.objects.get(state="retired").pk), "--yes")

    assert "It was removed." in out
    assert "goes for good, with 4 embeddings" in told
    assert EmbeddingIndex.objects.get().model == SMALL
    assert Embedding.objects.count() == len(FACTS)
    assert run("status")[0].splitlines() == [f"{hosted.pk:>3}  Active         {SMALL} (1,536)  4 of 4 chunks (100 %)"]


def test_scripts_read_json(provider: FakeProvider, library: Collection):
    created = json.loads(run("create", "--model", SMALL, "--dimensions", "256", "--yes", "--json")[0])
    provider.mode = "401"
    filler().work_once()

    shown = json.loads(run("status", "--json")[0])

    assert (created["model"], created["dimensions"], created["chunks"]) == (SMALL, 256, 4)
    assert shown["configured"] == "all-MiniLM-L6-v2"
    assert f"embedding_index activate {created['id']}" in shown["advice"]
    first, second = shown["indexes"]
    assert (first["state"], first["embedded"], first["missing"], first["complete"]) == ("active", 4, 0, True)
    assert (second["state"], second["embedded"], second["missing"], second["complete"]) == ("building", 0, 4, False)
    assert second["error"] == "The provider refused the key (status 401)."


def test_why_an_index_waits_is_told(provider: FakeProvider, library: Collection):
    run("create", "--model", SMALL, "--yes")
    provider.mode = "401"
    filler().work_once()

    assert "waits: The provider refused the key (status 401). Tried again at " in run("status")[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--model", SMALL], "add --yes"),
        (["create", "--yes"], "There is an index of all-MiniLM-L6-v2"),
        (["activate", "999"], "There is no index number 999"),
        (["retire", "999", "--yes"], "There is no index number 999"),
        (["rollback"], "no earlier index"),
    ],
)
def test_what_cannot_be_done_is_an_error(
    provider: FakeProvider, library: Collection, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
):
    monkeypatch.setattr("sys.stdin", StringIO())  # nobody to be asked

    with pytest.raises(CommandError, match=said):
        run(*arguments)

    assert EmbeddingIndex.objects.count() == 1
