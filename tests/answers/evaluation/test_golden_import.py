"""Importing golden questions: all of a file or nothing, and what became of each said plainly."""

import pytest

from answers.evaluation.golden_import import Imported, import_questions
from answers.evaluation.golden_table import ImportRefused
from answers.evaluation.models import GoldenQuestion
from documents.models import Collection, Readers
from tests.answers.evaluation.golden_samples import HOW_TALL, OFF_TOPIC, make_golden
from tests.library import make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reports() -> Collection:
    reports = make_collection()
    upload_text(reports, "tower.txt", "330 metres")
    return reports


def imported(text: str, default: Collection | None = None, actor: object = None) -> Imported:
    collections = Collection.objects.visible_to(actor) if actor else Collection.objects.all()  # type: ignore[arg-type]
    return import_questions(text.encode(), collections, default, None, 200)


def problems(text: str, default: Collection | None = None, actor: object = None) -> tuple[str, ...]:
    before = GoldenQuestion.objects.count()
    with pytest.raises(ImportRefused) as refusal:
        imported(text, default, actor)
    assert GoldenQuestion.objects.count() == before
    return refusal.value.problems


def test_questions_are_added_to_the_collections_they_name(reports: Collection):
    others = Collection.objects.create(slug="others", name="Other things")

    done = imported(
        "question,document,quote,text,collection,answerable\n"
        f"{HOW_TALL},tower,330 metres,330,,\n{OFF_TOPIC},,,,other THINGS,\n",
        reports,
    )

    assert done == Imported(added=2, updated=0, unchanged=0, refusals=1, unused_columns=())
    rows = GoldenQuestion.objects.order_by("pk").values_list(
        "question", "collection", "expected_document", "expected_quote", "expected_text", "answerable"
    )
    assert list(rows) == [
        (HOW_TALL, reports.pk, "tower", "330 metres", "330", True),
        (OFF_TOPIC, others.pk, "", "", "", False),
    ]


def test_a_question_that_stands_there_is_updated_and_an_equal_one_left_alone(reports: Collection):
    make_golden(reports, HOW_TALL, expected_text="300", note="Ask Bob.")
    make_golden(reports, "Who?", expected_text="Bob")

    done = imported(f"question,text,by\n{HOW_TALL},330,x\nWho?,Bob,y\nNew?,1,z\n", reports)

    assert done == Imported(added=1, updated=1, unchanged=1, refusals=0, unused_columns=("by",))
    assert done.words() == (
        "Golden questions: 1 added, 1 updated, 1 there already, unchanged. Columns that were not used: by."
    )
    golden = GoldenQuestion.objects.get(question=HOW_TALL)
    assert (golden.expected_text, golden.note) == ("330", "Ask Bob.")


def test_one_line_that_cannot_be_used_keeps_all_others_out(reports: Collection):
    text = (
        "question,document,text,collection,answerable\n"
        "Fine?,tower.txt,,,\n"
        "Fine?,,330,,\n"
        "Where?,nowhere.pdf,,,\n"
        "What?,,x,shelf,\n"
        "Both?,,x,,no\n"
        "Neither?,,,,yes\n"
        f"{'w' * 201},,x,,\n"
    )

    assert problems(text, reports) == (
        "Line 3: it asks the same as line 2.",
        "Line 4: the collection Reports has no document called “nowhere.pdf”.",
        "Line 5: there is no collection “shelf”.",
        "Line 6: A question that should be refused expects no document, quote or words.",
        "Line 7: Say what is expected: a document, a quote or words of the answer. Or say that it should be refused.",
        "Line 8: the question is longer than 200 characters.",
    )


def test_a_row_without_a_collection_needs_one_for_all(reports: Collection):
    assert problems("question,text\nWho?,Bob\n") == ("Line 2: it names no collection.",)


def test_a_collection_that_may_not_be_read_does_not_exist(reports: Collection):
    make_collection("secret", readers=Readers.MEMBERS)

    assert problems("question,text,collection\nWho?,Bob,secret\n", reports, make_user("charlie")) == (
        "Line 2: there is no collection “secret”.",
    )


def test_the_same_question_may_be_asked_of_two_collections(reports: Collection):
    make_collection("others")

    assert imported("question,text,collection\nWho?,Bob,reports\nWho?,Eve,others\n").added == 2
