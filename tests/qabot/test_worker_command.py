"""`manage.py worker`, whole: documents and runs side by side, and everything handed back on SIGTERM."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from answers.evaluation.models import EvaluationRun, GoldenResult, RunState
from documents.models import Document, Status
from tests.answers.evaluation.golden_samples import make_golden, make_library, make_run
from tests.fakes.provider import FakeProvider
from tests.library import make_collection, upload_text

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60  # that anything may take on a slow machine


def start_worker(**environment: str) -> subprocess.Popen[str]:
    """A worker on the test's own database."""
    given = connection.settings_dict
    connection.ensure_connection()
    info = connection.connection.info
    who = f"{info.user}:{info.password}" if info.password else info.user
    address = f"postgres://{who}@{info.host.replace('/', '%2F')}:{info.port}/{given['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "OPENAI_API_KEY": "", "DATABASE_URL": address, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(condition) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.communicate()


def test_a_worker_indexes_documents_and_executes_runs_and_leaves_when_told(workers: list[subprocess.Popen[str]]):
    library = make_library(make_collection())
    document, run = upload_text(library, "zoo.txt", "The zoo has forty penguins."), make_run(make_golden(library))
    workers.append(start_worker())

    wait_until(lambda: Document.objects.get(pk=document.pk).status == Status.READY)
    wait_until(lambda: EvaluationRun.objects.get(pk=run.pk).state == RunState.DONE)
    workers[0].send_signal(signal.SIGTERM)

    assert workers[0].wait(SECONDS) == 0
    assert GoldenResult.objects.get().passed


def test_a_worker_that_waits_for_a_model_hands_its_run_back_and_leaves(workers: list[subprocess.Popen[str]]):
    library = make_library(make_collection())
    run = make_run(make_golden(library))
    with FakeProvider("hang_first_token") as provider:
        workers.append(start_worker(CHAT_BASE_URL=provider.base_url, CHAT_API_KEY="key", CHAT_MODEL="fake-chat"))
        wait_until(lambda: provider.requests)
        told = time.monotonic()
        workers[0].send_signal(signal.SIGTERM)

        assert workers[0].wait(SECONDS) == 0
    assert time.monotonic() - told < 15  # a dyno has 30 s; the model is waited for 15 s and more
    run.refresh_from_db()
    assert (run.state, run.lease_token, run.done) == (RunState.PENDING, None, 0)
