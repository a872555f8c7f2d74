"""Runs of golden questions: asked through the real read path, stored one by one, resumed, stopped, given up."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from answers.answering import AnsweringOptions
from answers.evaluation.golden_asking import Stopped, ask_golden
from answers.evaluation.golden_runs import (
    NothingToAsk,
    RunLost,
    execute,
    hand_back,
    keep,
    run_here,
    start_run,
    work_on_a_run,
    work_on_runs_until,
)
from answers.evaluation.models import EvaluationRun, GoldenQuestion, GoldenResult, RunState
from answers.generation import Writer
from answers.models import Answer, Conversation
from documents.managing import delete_document
from documents.models import Collection, Document
from qabot.provider import Provider, ProviderSettings
from tests.answers.evaluation.golden_samples import (
    HOW_TALL,
    OFF_TOPIC,
    QUOTING,
    TOWER,
    make_golden,
    make_library,
    make_refusal,
    make_run,
)
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

GO_ON = threading.Event()  # never set
WORKER = uuid4()


@pytest.fixture
def library(db) -> Collection:
    return make_library(make_collection())


def work(token=WORKER) -> bool:
    return work_on_a_run(GO_ON, token, lambda: QUOTING)


def claimed(*goldens: GoldenQuestion) -> EvaluationRun:
    make_run(*goldens)
    run = EvaluationRun.objects.claim_next(WORKER)
    assert run is not None
    return run


def checks(question: str) -> tuple[object, ...]:
    result = GoldenResult.objects.get(question=question)
    return (result.passed, result.document_rank, result.quote_rank, result.text_found, result.refused, result.mode)


def test_a_run_judges_each_question_by_the_answer_it_gets(library: Collection):
    make_golden(library, expected_document="tower", expected_quote="It is 330 metres tall", expected_text="330 metres")
    make_golden(library, "When was the Eiffel Tower built?", expected_text="1901")
    make_refusal(library)
    alice = make_user()
    run = start_run(GoldenQuestion.objects.all(), alice, whole=True)

    assert work()

    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.started_by, run.lease_token) == (RunState.DONE, 3, 3, alice, None)
    assert checks(HOW_TALL) == (True, 1, 1, True, False, "extracted")
    assert checks("When was the Eiffel Tower built?") == (False, None, None, False, False, "extracted")
    assert checks(OFF_TOPIC) == (True, None, None, None, True, "refused")
    shares = {"passed": 0.6667, "document": 1.0, "quote": 1.0, "text": 0.5, "answered": 1.0, "refused": 1.0}
    assert run.figures == {**shares, "median_ms": run.figures["median_ms"]}
    assert run.versions["embedding_model"] == "all-MiniLM-L6-v2"
    assert not work()


def test_nothing_of_what_was_asked_stays_but_the_results(library: Collection):
    make_golden(library)
    start_run(GoldenQuestion.objects.all(), None, whole=True)

    work()

    assert (Answer.objects.count(), Conversation.objects.count(), GoldenResult.objects.count()) == (0, 0, 1)


def test_questions_are_asked_one_by_one_of_their_own_collection_alone(library: Collection):
    others = make_collection("others")
    index_text(others, "zoo.txt", "The zoo has forty penguins. It opens at nine.")
    make_golden(library)
    make_golden(others, HOW_TALL, expected_document="tower.txt")
    start_run(GoldenQuestion.objects.all(), None, whole=True)

    work()

    found = GoldenResult.objects.order_by("collection_id").values_list("document_found", "note")
    assert list(found) == [(True, ""), (False, "The collection has no searchable document called 'tower.txt'.")]


def test_a_document_that_is_uploaded_again_is_found_by_its_name(library: Collection):
    make_golden(library)
    delete_document(Document.objects.get(name="tower.txt"))
    index_text(library, "tower.txt", TOWER + " A new edition.")
    start_run(GoldenQuestion.objects.all(), None, whole=True)

    work()

    assert GoldenResult.objects.get().passed


def test_an_interrupted_run_goes_on_after_the_last_result(library: Collection):
    first, second = make_golden(library), make_refusal(library)
    run = claimed(first, second)
    keep(run, ask_golden(first, run, QUOTING, GO_ON))
    EvaluationRun.objects.update(lease_until=Now() - timedelta(seconds=1))

    assert work(uuid4())

    run.refresh_from_db()
    assert (run.state, run.done) == (RunState.DONE, 2)
    assert list(GoldenResult.objects.values_list("golden", flat=True)) == [first.pk, second.pk]


def test_a_worker_that_lost_its_lease_stores_nothing(library: Collection):
    golden = make_golden(library)
    run = claimed(golden)
    result = ask_golden(golden, run, QUOTING, GO_ON)
    EvaluationRun.objects.update(lease_token=uuid4())

    with pytest.raises(RunLost):
        keep(run, result)

    assert not GoldenResult.objects.exists()


def test_a_run_that_is_deleted_stops(library: Collection):
    run = claimed(make_golden(library))
    EvaluationRun.objects.all().delete()

    with pytest.raises(RunLost):
        execute(run, QUOTING, GO_ON)

    assert (GoldenResult.objects.count(), Conversation.objects.count()) == (0, 0)


def test_a_question_deleted_while_it_is_asked_leaves_its_result(library: Collection):
    golden = make_golden(library)
    run = claimed(golden)
    result = ask_golden(golden, run, QUOTING, GO_ON)
    GoldenQuestion.objects.all().delete()

    keep(run, result)

    assert GoldenResult.objects.values_list("golden", "question").get() == (None, HOW_TALL)


def test_questions_deleted_before_their_turn_are_left_out(library: Collection):
    kept, gone = make_golden(library), make_refusal(library)
    run = claimed(kept, gone)
    gone.delete()

    execute(run, QUOTING, GO_ON)

    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (RunState.DONE, 1, 2)


def test_a_worker_told_to_stop_hands_its_run_back_in_the_middle_of_an_answer(library: Collection):
    run = claimed(make_golden(library), make_refusal(library))
    stop = threading.Event()
    with FakeProvider("trickle") as provider:
        settings = ProviderSettings(provider.base_url, "key", retry_seconds=0.01)
        writing = AnsweringOptions(Writer(Provider(settings), "fake-chat"), 6000)
        threading.Timer(0.5, stop.set).start()
        execute(run, writing, stop)

    run.refresh_from_db()
    assert (run.state, run.done, run.attempts, run.lease_token) == (RunState.PENDING, 0, 0, None)
    assert (GoldenResult.objects.count(), Conversation.objects.count()) == (0, 0)


def test_stopping_is_noticed_before_the_next_event(library: Collection):
    run, stop = claimed(make_golden(library)), threading.Event()
    stop.set()

    with pytest.raises(Stopped):
        ask_golden(GoldenQuestion.objects.get(), run, QUOTING, stop)


def test_a_worker_hands_back_only_what_is_its_own(library: Collection):
    run = claimed(make_golden(library))

    hand_back(uuid4())
    assert EvaluationRun.objects.get().state == RunState.RUNNING

    hand_back(run.lease_token)
    assert EvaluationRun.objects.get().state == RunState.PENDING


def test_a_run_that_brought_two_workers_down_is_not_tried_a_third_time(library: Collection):
    make_run(make_golden(library))
    for _ in range(2):
        EvaluationRun.objects.claim_next(WORKER)
        EvaluationRun.objects.update(lease_until=Now() - timedelta(seconds=1))

    assert work()

    run = EvaluationRun.objects.get()
    assert (run.state, run.error) == (
        RunState.FAILED,
        "This run brought the worker down twice. It was not tried a third time.",
    )


def test_what_nobody_foresaw_fails_the_run_and_not_the_worker(library: Collection):
    make_run(make_golden(library))

    assert work_on_a_run(GO_ON, WORKER, lambda: None)  # type: ignore[arg-type,return-value]

    run = EvaluationRun.objects.get()
    assert (run.state, run.error) == (RunState.FAILED, "Something went wrong while asking. The log says what.")


def test_a_model_that_is_down_is_told_in_the_result(library: Collection):
    make_golden(library)
    start_run(GoldenQuestion.objects.all(), None, whole=True)
    with FakeProvider("500") as provider:
        settings = ProviderSettings(provider.base_url, "key", retry_seconds=0.01)
        work_on_a_run(GO_ON, WORKER, lambda: AnsweringOptions(Writer(Provider(settings), "fake-chat"), 6000))

    result = GoldenResult.objects.get()
    assert (result.passed, result.mode) == (True, "extracted")
    assert "The model is not available" in result.note
    assert result.run.versions["chat_model"] == "fake-chat"


def test_the_same_questions_are_not_started_twice_at_once(library: Collection):
    make_golden(library)
    questions = GoldenQuestion.objects.all()

    assert start_run(questions, None, whole=True) == start_run(questions, make_user(), whole=True)
    work()
    start_run(questions, None, whole=True)

    assert EvaluationRun.objects.count() == 2


def test_a_run_without_questions_is_not_started(library: Collection):
    make_golden(None)

    with pytest.raises(NothingToAsk):
        start_run(GoldenQuestion.objects.all(), None, whole=True)
    with pytest.raises(NothingToAsk):
        run_here(GoldenQuestion.objects.all(), WORKER, QUOTING, lambda done: None, whole=True)


def test_a_run_in_the_foreground_that_is_interrupted_says_so(library: Collection):
    make_golden(library)
    make_refusal(library)

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_here(GoldenQuestion.objects.all(), WORKER, QUOTING, interrupt, whole=True)

    run = EvaluationRun.objects.get()
    assert (run.state, run.error, run.done) == (RunState.FAILED, "It was stopped at the keyboard.", 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_thread_executes_what_waits_and_ends_when_told():
    library = make_library(make_collection())
    make_golden(library)
    run, stop = start_run(GoldenQuestion.objects.all(), None, whole=True), threading.Event()
    working = threading.Thread(target=work_on_runs_until, args=(stop, WORKER, lambda: QUOTING))
    working.start()

    for _ in range(300):
        run.refresh_from_db()
        if not run.busy:
            break
        stop.wait(0.1)
    stop.set()
    working.join(10)

    assert (run.state, working.is_alive()) == (RunState.DONE, False)
