"""The admin's pages on golden questions and runs: what each shows, starts and hides."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client

from answers.evaluation.models import EvaluationRun, GoldenQuestion, RunState
from documents.models import Collection, Readers, Worker
from tests.answers.evaluation.golden_samples import (
    HOW_TALL,
    OFF_TOPIC,
    make_golden,
    make_refusal,
    make_result,
    make_run,
)
from tests.library import make_collection, make_user, upload_text

pytestmark = pytest.mark.django_db

QUESTIONS = "/admin/evaluation/goldenquestion/"
RUNS = "/admin/evaluation/evaluationrun/"
START = f"{RUNS}start/"
IMPORT = f"{QUESTIONS}import/"
LEASE = {"state": RunState.RUNNING, "lease_token": uuid4(), "lease_until": Now()}


@pytest.fixture
def reports() -> Collection:
    return make_collection()


@pytest.fixture
def secret() -> Collection:
    return make_collection("secret", readers=Readers.MEMBERS)


@pytest.fixture
def alice() -> Client:
    return signed_in(make_user("alice", is_staff=True, is_superuser=True))


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def staff(*permissions: str) -> Client:
    """A member of staff with these permissions, and no others."""
    bob = make_user("bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(bob)


def done_run(*goldens: GoldenQuestion, **figures: float) -> EvaluationRun:
    return make_run(*goldens, state=RunState.DONE, done=len(goldens), finished_at=Now(), figures=figures)


def text_of(response: Any) -> str:
    """A page on one line, as white space in HTML counts."""
    return " ".join(response.content.decode().split())


def listed(client: Client, query: str = "") -> list[str]:
    return [row.question for row in client.get(f"{QUESTIONS}?{query}").context["cl"].result_list]


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_questions_are_listed_with_their_last_results_and_filtered_by_them(alice: Client, reports: Collection):
    passing, failing, never = make_golden(reports), make_refusal(reports), make_golden(reports, "Never asked?")
    older, newer = done_run(passing, failing), done_run(passing, failing)
    for run, held in ((older, False), (newer, True)):
        make_result(run, passing, passed=held)
        make_result(run, failing, passed=False)

    page = text_of(alice.get(QUESTIONS))

    assert f'<a class="verdict passed" href="{RUNS}{newer.pk}/change/">Passed</a>' in page
    assert f'<a class="verdict failed" href="{RUNS}{newer.pk}/change/">Failed</a>' in page
    assert listed(alice, "last=passed") == [passing.question]
    assert listed(alice, "last=failed") == [failing.question]
    assert listed(alice, "last=never") == [never.question]
    assert listed(alice, "q=helium") == [OFF_TOPIC]
    assert listed(alice, f"collection__id__exact={reports.pk + 1}") == []


def test_a_list_of_fifty_questions_is_a_few_queries(alice: Client, reports: Collection, django_assert_max_num_queries):
    for number in range(50):
        make_golden(reports, f"Question {number}?")

    with django_assert_max_num_queries(10):
        assert len(listed(alice)) == 50


def test_staff_see_only_questions_of_collections_they_may_read(reports: Collection, secret: Collection):
    make_golden(reports)
    hidden = make_golden(secret, "What is hidden?", expected_quote="hidden words")
    make_golden(None, "Of no collection?", answerable=False)
    bob = staff("view_goldenquestion", "change_goldenquestion", "delete_goldenquestion")

    page = text_of(bob.get(QUESTIONS))

    assert listed(bob) == [HOW_TALL]
    assert "Secret" not in page
    assert bob.get(f"{QUESTIONS}{hidden.pk}/change/").status_code == 302
    assert bob.post(f"{QUESTIONS}{hidden.pk}/delete/", {"post": "yes"}).status_code == 302
    assert GoldenQuestion.objects.filter(pk=hidden.pk).exists()


def test_a_question_is_added_and_changed_here_too(alice: Client, reports: Collection):
    upload_text(reports, "tower.txt", "330 metres")
    sent = {"question": HOW_TALL, "collection": reports.pk, "answerable": "on", "expected_document": "tower.txt"}

    alice.post(f"{QUESTIONS}add/", sent)
    golden = GoldenQuestion.objects.get()
    alice.post(f"{QUESTIONS}{golden.pk}/change/", {**sent, "expected_text": "330"})

    golden.refresh_from_db()
    assert (str(golden.created_by), golden.expected_document, golden.expected_text) == ("alice", "tower.txt", "330")
    assert "Not asked yet" in text_of(alice.get(f"{QUESTIONS}{golden.pk}/change/"))


def test_those_who_may_only_look_see_no_buttons(reports: Collection):
    golden = make_golden(reports)
    bob = staff("view_goldenquestion", "view_evaluationrun")

    pages = [text_of(bob.get(address)) for address in (QUESTIONS, RUNS, f"{QUESTIONS}{golden.pk}/change/")]

    assert not any("Run all now" in page or "Import CSV" in page or 'name="_save"' in page for page in pages)
    assert (bob.post(START).status_code, bob.get(IMPORT).status_code) == (403, 403)


def test_run_all_starts_a_run_of_what_this_person_may_see(reports: Collection, secret: Collection):
    golden = make_golden(reports)
    make_golden(secret)
    bob = staff("view_goldenquestion", "add_evaluationrun", "view_evaluationrun")

    response = bob.post(START)

    run = EvaluationRun.objects.get()
    assert (run.question_ids, run.whole, run.state, str(run.started_by)) == ([golden.pk], True, "pending", "bob")
    assert response["Location"] == f"{RUNS}{run.pk}/change/"
    assert bob.get(START).status_code == 405


def test_selected_questions_are_a_selection(alice: Client, reports: Collection):
    golden, _ = make_golden(reports), make_refusal(reports)

    alice.post(QUESTIONS, {"action": "run_selected", "_selected_action": [golden.pk]})

    assert EvaluationRun.objects.values_list("question_ids", "whole").get() == ([golden.pk], False)


def test_where_there_is_nothing_to_ask_it_is_said(alice: Client):
    assert told(alice.post(START)) == ["There is no golden question to ask."]
    assert "There are no golden questions yet." in text_of(alice.get(QUESTIONS))


def test_a_csv_file_is_imported(alice: Client, reports: Collection):
    table = SimpleUploadedFile("golden.csv", f"question,text\n{HOW_TALL},330 metres\n".encode())

    response = alice.post(IMPORT, {"file": table, "collection": reports.pk})

    assert told(response) == ["Golden questions: 1 added."]
    assert GoldenQuestion.objects.values_list("expected_text", "created_by__username").get() == ("330 metres", "alice")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "The file is empty."), (b"question,text\nWho?,Bob\n", "Line 2: it names no collection.")],
)
def test_a_file_that_is_refused_is_told_on_the_page(alice: Client, content: bytes, sentence: str):
    page = text_of(alice.post(IMPORT, {"file": SimpleUploadedFile("golden.csv", content)}))

    assert sentence in page
    assert "Nothing was imported." in page
    assert not GoldenQuestion.objects.exists()


def test_runs_are_a_table_and_a_plot(alice: Client, reports: Collection):
    golden = make_golden(reports)
    done_run(golden, passed=0.5, document=1.0, median_ms=1234.0)
    make_run(golden)

    page = text_of(alice.get(RUNS))

    assert "50%" in page and "1,234" in page and "0 of 1" in page
    assert page.count('<use href="#dot-passed"') == 2  # the run's, and the legend's
    assert "passed 50%</title>" in page
    assert '<title id="chart-title">Quality over time</title>' in page


def test_without_a_finished_run_of_everything_there_is_a_sentence_instead_of_a_plot(alice: Client, reports: Collection):
    make_run(make_golden(reports), whole=False, state=RunState.DONE, finished_at=Now(), figures={"passed": 1.0})

    page = text_of(alice.get(RUNS))

    assert "No run of all golden questions has finished yet" in page
    assert "<figure" not in page


def test_a_run_shows_what_got_better_and_worse_since_the_one_before(alice: Client, reports: Collection):
    fixed, broken, same = make_golden(reports), make_refusal(reports), make_golden(reports, "Same?")
    before, after = done_run(fixed, broken, same, passed=0.6667), done_run(fixed, broken, same, passed=0.6667)
    for golden, then, now in ((fixed, False, True), (broken, True, False), (same, True, True)):
        make_result(before, golden, passed=then)
        make_result(after, golden, passed=now, answer_text="<script>alert(1)</script>")

    response = alice.get(f"{RUNS}{after.pk}/change/")

    difference = response.context["report"].difference
    assert difference.other == before
    assert [move.after.golden for move in difference.better] == [fixed]
    assert [move.after.golden for move in difference.worse] == [broken]
    page = text_of(response)
    assert "Unchanged: 1 still pass, 0 still fail" in page
    assert f'<a href="{QUESTIONS}{broken.pk}/change/">{OFF_TOPIC.replace(chr(39), "&#x27;")}</a>' in page
    assert "<script>alert" not in page


def test_another_run_can_be_chosen_to_compare_with(alice: Client, reports: Collection):
    golden = make_golden(reports)
    first, second, last = (done_run(golden, passed=1.0) for _ in range(3))

    def other(query: str) -> EvaluationRun | None:
        difference = alice.get(f"{RUNS}{last.pk}/change/?{query}").context["report"].difference
        return difference and difference.other

    assert other(f"with={first.pk}") == first
    assert other("") == other("with=nonsense") == other(f"with={10**20}") == second
    assert other(f"with={last.pk}") is None
    assert alice.get(f"{RUNS}{first.pk}/change/").context["report"].difference is None


def test_a_test_that_was_edited_between_two_runs_is_marked(alice: Client, reports: Collection):
    golden = make_golden(reports)
    before = done_run(golden, passed=0.0)
    make_result(before, golden, passed=False)
    golden.save()
    after = done_run(golden, passed=1.0)
    make_result(after, golden, passed=True)

    assert "The test was edited in between." in text_of(alice.get(f"{RUNS}{after.pk}/change/"))


def test_results_of_collections_that_may_not_be_read_are_only_counted(reports: Collection, secret: Collection):
    mine, hidden = make_golden(reports), make_golden(secret, "What is hidden?", expected_quote="hidden words")
    run = done_run(mine, hidden, passed=1.0)
    make_result(run, mine, passed=True)
    make_result(run, hidden, passed=True, answer_text="hidden words")

    page = text_of(staff("view_evaluationrun").get(f"{RUNS}{run.pk}/change/"))

    assert "1 more is of a collection that you may not read." in page
    assert HOW_TALL in page
    assert "What is hidden?" not in page and "hidden words" not in page


def test_a_busy_run_shows_its_progress_and_whether_a_worker_is_there(alice: Client, reports: Collection):
    run = make_run(make_golden(reports), make_refusal(reports), done=1, **LEASE)

    alone = text_of(alice.get(f"{RUNS}{run.pk}/change/"))
    Worker.objects.create(name="host-1", seen_at=Now())
    page = text_of(alice.get(f"{RUNS}{run.pk}/change/"))

    assert '<progress max="2" value="1"' in page and '<meta http-equiv="refresh" content="5">' in page
    assert ("No worker was seen" in alone, "No worker was seen" in page) == (True, False)


def test_a_failed_run_says_why_and_keeps_what_it_has(alice: Client, reports: Collection):
    golden = make_golden(reports)
    fields = {"state": RunState.FAILED, "error": "It broke.", "finished_at": Now(), "done": 1}
    run = make_run(golden, make_refusal(reports), **fields)
    make_result(run, golden, passed=True)

    page = text_of(alice.get(f"{RUNS}{run.pk}/change/"))

    assert "It broke. The 1 of 2 results that there are stand below." in page
    assert HOW_TALL in page and "refresh" not in page


def test_a_run_is_deleted_with_its_results_and_never_changed_by_hand(alice: Client, reports: Collection):
    golden = make_golden(reports)
    run = done_run(golden, passed=1.0)
    make_result(run, golden, passed=True)

    assert alice.get(f"{RUNS}add/").status_code == 403
    alice.post(f"{RUNS}{run.pk}/delete/", {"post": "yes"})

    assert (EvaluationRun.objects.count(), golden.results.count()) == (0, 0)


def test_a_run_of_many_results_is_shown_in_pages_failed_ones_first(
    alice: Client, reports: Collection, django_assert_max_num_queries
):
    goldens = [make_golden(reports, f"Question {number}?") for number in range(101)]
    run = done_run(*goldens, passed=0.99)
    for golden in goldens:
        make_result(run, golden, passed=golden != goldens[100])

    with django_assert_max_num_queries(16):
        first = alice.get(f"{RUNS}{run.pk}/change/").context["page"]
    second = alice.get(f"{RUNS}{run.pk}/change/?p=2").context["page"]

    assert (first[0].golden, len(first), len(second)) == (goldens[100], 100, 1)


def test_a_visitor_and_somebody_without_permission_see_nothing(reports: Collection):
    run = done_run(make_golden(reports), passed=1.0)
    address = f"{RUNS}{run.pk}/change/"

    assert (Client().get(address).status_code, staff().get(address).status_code) == (302, 403)
    assert Client().post(START).status_code == 302
