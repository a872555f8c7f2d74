"""Execute runs of golden questions: claim one, ask what is left of it, sum it up. The run's row is the job.

Results are stored one by one, so an interrupted run goes on where it stood. Knows nothing of how results are shown.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from answers.answering import AnsweringOptions
from answers.evaluation.golden import Outcome, figures
from answers.evaluation.golden_asking import Stopped, ask_golden
from answers.evaluation.models import EvaluationRun, GoldenQuestion, GoldenResult, RunState
from answers.evaluation.querysets import EvaluationRunQuerySet, GoldenQuestionQuerySet
from answers.evaluation.versions import versions
from documents.worker import connection_kept_healthy

IDLE_SECONDS = 2.0  # between two looks for work
CLAIMS = 2  # a run that is claimed once more, without a result in between, has brought two workers down
GAVE_UP = "This run brought the worker down twice. It was not tried a third time."
WENT_WRONG = "Something went wrong while asking. The log says what."
STOPPED = "It was stopped at the keyboard."

log = logging.getLogger(__name__)


class NothingToAsk(Exception):
    """There is no golden question to ask."""


class RunLost(Exception):
    """The run was deleted, or another worker holds it now."""


def start_run(questions: GoldenQuestionQuerySet, started_by: Any, *, whole: bool) -> EvaluationRun:
    """A run that waits for a worker; one that is under way with these same questions is returned instead.

    Raises NothingToAsk.
    """
    ids = _ids(questions)
    under_way = EvaluationRun.objects.busy().filter(question_ids=ids).first()
    if under_way is not None:
        return under_way
    return EvaluationRun.objects.create(started_by=started_by, question_ids=ids, total=len(ids), whole=whole)


def run_here(
    questions: GoldenQuestionQuerySet,
    token: UUID,
    options: AnsweringOptions,
    on_progress: Callable[[int], None],
    *,
    whole: bool,
) -> EvaluationRun:
    """Ask these questions now, without a worker. Raises NothingToAsk and RunLost."""
    ids = _ids(questions)
    with transaction.atomic():  # no worker may see it waiting
        waiting = EvaluationRun.objects.create(question_ids=ids, total=len(ids), whole=whole)
        run = EvaluationRun.objects.filter(pk=waiting.pk).claim_next(token)
    if run is None:
        raise RunLost
    try:
        execute(run, options, threading.Event(), on_progress)
    except (KeyboardInterrupt, SystemExit):
        if not connection.in_atomic_block:
            connection.close()  # the key may have come in the middle of a query: nothing more can be asked there
        fail(run, STOPPED)
        raise
    except Exception:
        fail(run, WENT_WRONG)
        raise
    return EvaluationRun.objects.get(pk=run.pk)


def work_on_runs_until(stop: threading.Event, token: UUID, make_options: Callable[[], AnsweringOptions]) -> None:
    """Execute whatever run waits until told to stop; a database that is away is waited for.

    `token` names this worker: whatever it holds can be handed back by it.
    """
    while not stop.is_set():
        try:
            with connection_kept_healthy():
                worked = work_on_a_run(stop, token, make_options)
        except DatabaseError as error:
            log.warning("The database is not available: %s", type(error).__name__)
            worked = False
        if not worked:
            stop.wait(IDLE_SECONDS)


def work_on_a_run(stop: threading.Event, token: UUID, make_options: Callable[[], AnsweringOptions]) -> bool:
    """Claim one run and execute it; False if there is nothing to do."""
    run = EvaluationRun.objects.claim_next(token)
    if run is None:
        return False
    log.info("run claimed", extra={"run": run.pk, "attempt": run.attempts})
    if run.attempts > CLAIMS:
        fail(run, GAVE_UP)
        return True
    try:
        execute(run, make_options(), stop)
    except RunLost:
        log.info("run deleted or taken over", extra={"run": run.pk})
    except DatabaseError:
        raise  # the lease runs out, and whoever claims the run then goes on
    except Exception:
        log.exception("run failed", extra={"run": run.pk})
        fail(run, WENT_WRONG)
    return True


def execute(
    run: EvaluationRun,
    options: AnsweringOptions,
    stop: threading.Event,
    on_progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Ask what is left of a claimed run; told to stop, hand it back. Raises RunLost."""
    if not run.versions:
        _note_versions(run, options)
    for golden in _left(run):
        try:
            result = ask_golden(golden, run, options, stop)
        except Stopped:
            hand_back(run.lease_token)
            return
        keep(run, result)
        on_progress(run.done)
    finish(run)


def keep(run: EvaluationRun, result: GoldenResult) -> None:
    """Store a result with the run's progress, in one transaction. Raises RunLost."""
    with transaction.atomic():
        if not _held(run).renew(done=run.done + 1, attempts=1):
            raise RunLost
        # Locked: what the result points at must not be deleted before it is stored.
        golden = GoldenQuestion.objects.select_for_update(no_key=True).filter(pk=result.golden_id or 0).first()
        result.golden = golden
        result.collection_id = golden.collection_id if golden else None
        result.save()
    run.done += 1


def finish(run: EvaluationRun) -> None:
    """Sum up what the run found. Raises RunLost."""
    outcomes = [_outcome(result) for result in run.results.all()]
    found = figures(outcomes) if outcomes else {}
    if not _held(run).update(state=RunState.DONE, figures=found, finished_at=Now(), lease_until=None, lease_token=None):
        raise RunLost
    log.info("run done", extra={"run": run.pk})


def fail(run: EvaluationRun, reason: str) -> None:
    """Say why a run ends early. Its results are kept."""
    log.warning("run failed", extra={"run": run.pk, "reason": reason})
    _held(run).update(state=RunState.FAILED, error=reason, finished_at=Now(), lease_until=None, lease_token=None)


def hand_back(token: UUID | None) -> None:
    """Hand back what a worker holds when it is told to stop: the next one goes on at once where it stood."""
    EvaluationRun.objects.held(token).update(state=RunState.PENDING, attempts=0, lease_until=None, lease_token=None)


def _ids(questions: GoldenQuestionQuerySet) -> list[int]:
    ids = list(questions.askable().order_by("collection_id", "pk").values_list("pk", flat=True))
    if not ids:
        raise NothingToAsk(gettext("There is no golden question to ask."))
    return ids


def _left(run: EvaluationRun) -> Iterator[GoldenQuestion]:
    """The questions without a result, each read when its turn comes; those deleted meanwhile are left out."""
    asked = set(run.results.values_list("golden_id", flat=True))
    for question_id in run.question_ids:
        if question_id not in asked:
            golden = GoldenQuestion.objects.askable().filter(pk=question_id).first()
            if golden is not None:
                yield golden


def _note_versions(run: EvaluationRun, options: AnsweringOptions) -> None:
    run.versions = {**versions(), "chat_model": options.writer.model if options.writer else ""}
    if not _held(run).renew(versions=run.versions):
        raise RunLost


def _outcome(result: GoldenResult) -> Outcome:
    return Outcome(
        answerable=result.answerable,
        passed=result.passed,
        document_found=result.document_found,
        quote_found=result.quote_found,
        text_found=result.text_found,
        refused=result.refused,
        latency_ms=result.latency_ms,
    )


def _held(run: EvaluationRun) -> EvaluationRunQuerySet:
    return EvaluationRun.objects.filter(pk=run.pk).held(run.lease_token)
