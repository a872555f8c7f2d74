"""`manage.py golden`: import, run, list."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from answers.evaluation.models import EvaluationRun, GoldenQuestion
from documents.models import Collection
from tests.answers.evaluation.golden_samples import HOW_TALL, OFF_TOPIC, make_golden, make_library, make_refusal
from tests.library import make_collection

pytestmark = pytest.mark.django_db


@pytest.fixture
def library() -> Collection:
    return make_library(make_collection())


def golden(*arguments: object) -> str:
    out = StringIO()
    call_command("golden", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_file_is_imported_run_and_listed(library: Collection, tmp_path: Path):
    table, found = tmp_path / "golden.csv", tmp_path / "run.json"
    table.write_text(f"question,document,text\n{HOW_TALL},tower,330 metres\n{OFF_TOPIC},,\n")

    assert golden("import", table, "--collection", "reports") == (
        "Golden questions: 2 added. 1 of them should be refused.\n"
    )
    assert golden("run", "--json", found, "--floor", "passed=1", "--floor", "document=0.9").splitlines()[1:6] == [
        f"{EvaluationRun.objects.get()}: 2 questions",
        "passed                    100.0%",
        "document found            100.0%",
        "right words               100.0%",
        "answered                  100.0%",
    ]
    written = json.loads(found.read_text())
    assert (written["figures"]["passed"], [row["question"] for row in written["results"]]) == (
        1.0,
        [HOW_TALL, OFF_TOPIC],
    )
    first, second = GoldenQuestion.objects.order_by("pk")
    assert golden("list") == (f"{first.pk}\tpassed\treports\t{HOW_TALL}\n{second.pk}\tpassed\treports\t{OFF_TOPIC}\n")


def test_a_share_below_its_floor_is_an_error(library: Collection):
    make_golden(library, expected_text="300 metres")

    with pytest.raises(CommandError, match=r"passed is 0\.0000, below 0\.9\.\nNo question calls for refused\."):
        golden("run", "--floor", "passed=0.9", "--floor", "refused=0.5")


@pytest.mark.parametrize("floor", ["passed", "passed=high", "passed=nan", "passed=90", "speed=1"])
def test_a_floor_that_cannot_be_read_is_told_before_anything_is_asked(library: Collection, floor: str):
    make_golden(library)

    with pytest.raises(CommandError, match="A floor is"):
        golden("run", "--floor", floor)

    assert not EvaluationRun.objects.exists()


def test_the_questions_of_one_collection_are_a_selection(library: Collection):
    make_golden(library)
    make_refusal(make_collection("others"))

    golden("run", "--collection", "reports")

    assert EvaluationRun.objects.values_list("total", "whole").get() == (1, False)


def test_what_cannot_be_done_is_told(library: Collection, tmp_path: Path):
    broken = tmp_path / "broken.csv"
    broken.write_text("question,text\n,b\n")

    with pytest.raises(CommandError, match=r"Line 2: it has no question\.\nNothing was imported\."):
        golden("import", broken, "--collection", "reports")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        golden("import", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="There is no collection 'shelf'"):
        golden("list", "--collection", "shelf")
    with pytest.raises(CommandError, match="There is no golden question to ask"):
        golden("run")
