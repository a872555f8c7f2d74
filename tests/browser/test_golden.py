"""Golden questions in a real browser: from an answer to a test, to a run, to what got better, on every screen."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from answers.evaluation.golden_runs import run_here, work_on_runs_until
from answers.evaluation.models import EvaluationRun, GoldenQuestion
from documents.models import Collection
from tests.answers.evaluation.golden_samples import (
    HOW_TALL,
    OFF_TOPIC,
    QUOTING,
    TOWER,
    WORKER,
    make_golden,
    make_refusal,
)
from tests.browser.conftest import SECONDS, Watched, more_about_the_answer, picture, sign_in
from tests.browser.pictures import SEEN
from tests.library import index_text, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

ADMIN = "/admin/evaluation"


@pytest.fixture
def tester(shelf: Collection) -> Any:
    return make_user("alice", is_staff=True, is_superuser=True)


@pytest.fixture
def asking(shelf: Collection) -> Iterator[None]:
    """The part of a worker that executes runs, in a thread as `manage.py worker` runs it."""
    stop = threading.Event()
    working = threading.Thread(target=work_on_runs_until, args=(stop, WORKER, lambda: QUOTING), daemon=True)
    working.start()
    yield
    stop.set()
    working.join()


def run_all() -> EvaluationRun:
    return run_here(GoldenQuestion.objects.all(), WORKER, QUOTING, lambda done: None, whole=True)


def fits(watched: Watched) -> bool:
    return bool(watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("look", SEEN)
def test_an_answer_becomes_a_test_that_is_run(open_page, tester, shelf, asking, look):
    index_text(shelf, "tower.txt", TOWER)
    watched = open_page(**SEEN[look])
    page = watched.page
    sign_in(watched, tester)
    page.get_by_label("Your question").fill(HOW_TALL)
    page.keyboard.press("Enter")

    more_about_the_answer(watched)
    page.get_by_role("link", name="Save as test").click()
    expect(page.get_by_label("Expected document")).to_have_value("tower.txt")
    page.get_by_label("Expected words").fill("330 metres")
    assert fits(watched)
    picture(watched, f"golden-save-{look}")
    page.get_by_role("button", name="Save the test").click()
    expect(page.locator(".messages")).to_contain_text("Saved as a test.")

    page.goto(f"{ADMIN}/goldenquestion/")
    page.get_by_role("button", name="Run all now").click()
    expect(page.locator(".run-facts")).to_contain_text("Done.")
    expect(page.locator(".run-results tbody tr")).to_have_count(1)
    expect(page.locator(".run-results tbody tr")).to_contain_text("passed")
    assert fits(watched)
    picture(watched, f"golden-run-{look}")


@pytest.mark.parametrize("look", SEEN)
def test_runs_are_plotted_and_compared(open_page, tester, shelf, look):
    index_text(shelf, "tower.txt", TOWER)
    golden = make_golden(shelf, expected_text="300 metres")
    make_refusal(shelf)
    run_all()
    GoldenQuestion.objects.filter(pk=golden.pk).update(expected_text="330 metres")
    run_all()
    watched = open_page(**SEEN[look])
    page = watched.page
    sign_in(watched, tester)

    page.goto(f"{ADMIN}/evaluationrun/")
    expect(page.get_by_role("img", name="Quality over time")).to_be_visible()
    assert fits(watched)
    picture(watched, f"golden-runs-{look}")
    page.locator("#result_list tbody a").first.click()

    expect(page.locator(".better")).to_have_text("Got better: 1")
    expect(page.locator(".worse")).to_have_text("Got worse: 0")
    expect(page.locator(".run-results")).to_contain_text(OFF_TOPIC)
    page.locator(".moves a").click()
    expect(page.get_by_label("Expected words")).to_have_value("330 metres")


def test_a_file_that_is_refused_is_told_and_a_mended_one_is_taken(open_page, tester, shelf):
    watched = open_page()
    page = watched.page
    sign_in(watched, tester)
    page.goto(f"{ADMIN}/goldenquestion/")
    page.get_by_role("link", name="Import CSV").click()

    for content in (b"question,text\n,Bob\n", b"question,text\nWho?,Bob\n"):
        page.get_by_label("CSV file").set_input_files({"name": "g.csv", "mimeType": "text/csv", "buffer": content})
        page.get_by_label("Collection").select_option(label=str(shelf))
        page.get_by_role("button", name="Import").click()

    expect(page.locator(".messagelist")).to_contain_text("Golden questions: 1 added.")
