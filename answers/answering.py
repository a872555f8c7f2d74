"""The read path: a question is searched for, judged, answered, cited and stored.

Knows nothing of HTTP: its callers send the events on. The database connection goes back to the pool before a model
writes, so that a hundred slow answers hold none.
"""

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from answers.attending import attended, nobody_leaves
from answers.budget import Bill, Budget, BudgetSpent
from answers.charging import charge_for_search
from answers.citations import Cited, resolve_citations
from answers.conversations import earlier_turns
from answers.events import AnswerDone, AnswerFailed, Event, PassagesFound, SearchStarted, TextDelta
from answers.follow_ups import carry_terms, needs_context
from answers.generation import Writer
from answers.models import Answer, AnswerStatus, Conversation, Mode
from answers.notices import CUT_AT_LIMIT, broken_off, budget_spent, not_written
from answers.passages import Passage
from answers.prompting import Prompt, Turn, compose
from answers.querysets import lease_end
from answers.quoting import quote_sentences
from answers.refusal import REFUSAL, THRESHOLD, is_refusal
from answers.retrieval import Retrieved, retrieve
from answers.storing import number_passages, store_answer, store_passages
from answers.timing import Stopwatch
from answers.unkept import unkept_answer, unkept_events
from documents.embedding.local import LOCAL_MODEL
from documents.models import Page
from documents.scope import Scope
from qabot.database_faults import takes_no_writes
from qabot.pooling import release_connection
from qabot.provider import ProviderError, ProviderMisconfigured, ProviderRefusedContent
from qabot.waiting import CalledOff

PASSAGES_READ = 8  # passages an answer is written from

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnsweringOptions:
    """What answering needs to know of the settings: who writes (nobody: sentences are quoted), and from how much."""

    writer: Writer | None
    prompt_tokens: int  # most tokens of one prompt
    budget: Budget = field(default_factory=Budget)  # what may be spent today, by whom


@dataclass
class Work:
    """One answer in the making."""

    answer: Answer
    scope: Scope
    options: AnsweringOptions
    history: list[Turn]
    stopwatch: Stopwatch
    prompted: tuple[Passage, ...] = ()  # what the model was shown, by number
    bill: Bill = field(default_factory=Bill)


def begin_answer(question: str, conversation: Conversation, scope: Scope) -> Answer:
    """Store a question before anything is done about it."""
    with transaction.atomic():
        answer = Answer.objects.create(
            conversation=conversation,
            question=question,
            searched_for=question,
            searched_ids=list(scope.collection_ids),
            lease_until=lease_end(),
        )
        answer.collections.add(*scope.collection_ids)
    return answer


def ask(
    question: str,
    conversation: Conversation,
    scope: Scope,
    options: AnsweringOptions,
    has_left: Callable[[], bool] = nobody_leaves,
) -> Answer:
    """Answer a question to the end, or until the reader has left; the answer's status tells whether there is one."""
    answer = begin_answer(question, conversation, scope)
    with attended(answer, has_left):
        for _event in answer_events(answer, scope, options):
            pass
    return answer


def answer_events(answer: Answer, scope: Scope, options: AnsweringOptions) -> Generator[Event, None, None]:
    """Answer a stored question, telling what happens. The last event is AnswerDone, AnswerUnkept or AnswerFailed.

    Closing the iterator, or calling it off as `attended` does, hangs up on the model and keeps what there is, marked
    as interrupted.
    """
    work = Work(answer, scope, options, earlier_turns(answer), Stopwatch())
    try:
        yield from _answered(work)
    except GeneratorExit:
        _close(work, AnswerStatus.INTERRUPTED)
        raise
    except CalledOff as called_off:
        log.info("answer called off", extra={"answer": answer.pk, "reason": type(called_off).__name__})
        _add_notice(answer, str(called_off))
        _close(work, AnswerStatus.INTERRUPTED)
        yield AnswerDone(answer)
    except DatabaseError as error:
        log.error("answer failed", extra={"answer": answer.pk, "reason": type(error).__name__})
        if takes_no_writes(error) and not answer.text:
            answer.status = AnswerStatus.FAILED
            yield from unkept_events(unkept_answer(answer.question), scope)
            return
        yield AnswerFailed(_("The database is not available. Please ask again in a moment."), answer)
    except Exception:
        log.exception("answer failed", extra={"answer": answer.pk})
        _close(work, AnswerStatus.FAILED)
        yield AnswerFailed(_("Something went wrong while answering. Please ask again."), answer)


def _answered(work: Work) -> Iterator[Event]:
    with work.stopwatch.stage("rewrite"):
        searched_for = _standalone_question(work)
    work.answer.searched_for = searched_for
    yield SearchStarted(searched_for)
    found = retrieve(searched_for, work.scope, work.stopwatch)
    work.bill.add_cost(charge_for_search(found, work.options.budget))
    store_passages(work.answer, found.passages)
    work.answer.confidence = found.confidence
    work.answer.embedding_model = found.embedding_model
    work.answer.notice = found.notice
    yield PassagesFound(found.passages[:PASSAGES_READ])
    if too_thin(found, work.options.writer):
        cited = _refused(work)
    elif work.options.writer is None:
        cited = _extracted(work, found)
    else:
        cited = yield from _written(work, work.options.writer, found)
    yield AnswerDone(_stored(work, cited))


def too_thin(found: Retrieved, writer: Writer | None) -> bool:
    """Tell whether to refuse at once, without paying a model.

    Words alone say too little of whether a question is answerable, so without the local model's cosine a model that
    writes, and is told to refuse, decides itself.
    """
    if not found.passages:
        return True
    if writer is not None and found.embedding_model != LOCAL_MODEL:
        return False
    return found.confidence < THRESHOLD


def _standalone_question(work: Work) -> str:
    """The question as it is searched for: a follow-up is completed from the conversation."""
    question = work.answer.question
    if not work.history or not needs_context(question):
        return question
    if work.options.writer is not None:
        try:
            return _rewritten(work, work.options.writer)
        except (ProviderError, BudgetSpent) as error:
            log.warning("follow-up not rewritten", extra={"reason": type(error).__name__})
    return carry_terms(question, work.history[-1].question)


def _rewritten(work: Work, writer: Writer) -> str:
    question, history = work.answer.question, work.history
    most = writer.most_to_rewrite(question, history)
    with work.options.budget.spending(writer.model, most, work.bill) as generation:
        release_connection()
        return writer.rewrite(question, history, generation)


def _refused(work: Work) -> Cited:
    work.answer.mode = Mode.REFUSED
    return Cited(text=REFUSAL)


def _extracted(work: Work, found: Retrieved) -> Cited:
    """Answer with the documents' own sentences, or refuse where none shares anything with the question."""
    with work.stopwatch.stage("extract"):
        cited = quote_sentences(work.answer.searched_for, found)
    if cited is None:
        return _refused(work)
    work.answer.mode = Mode.EXTRACTED
    return cited


def _written(work: Work, writer: Writer, found: Retrieved) -> Generator[Event, None, Cited]:
    prompt = _prompt(work, found.passages[:PASSAGES_READ])
    paid = work.options.budget.spending(writer.model, writer.most_to_write(prompt), work.bill)
    try:
        with work.stopwatch.stage("generate"), paid as generation:
            _note_prompted(work, prompt)
            release_connection()
            with closing(writer.write(prompt, generation)) as pieces:
                for text in pieces:
                    work.answer.model = writer.model
                    work.answer.text += text
                    yield TextDelta(text)
            if generation.cut_at_limit:
                _add_notice(work.answer, CUT_AT_LIMIT)
    except BudgetSpent:
        return _extracted_for_now(work, found)
    except ProviderError as error:
        _log_failure(work, error)
        if not work.answer.text:
            return _extracted_instead(work, found, error)
        _add_notice(work.answer, broken_off(str(error)))
        work.answer.status = AnswerStatus.INTERRUPTED
    if is_refusal(work.answer.text):
        return _refused(work)
    return _cited(work)


def _log_failure(work: Work, error: ProviderError) -> None:
    # Only a misconfiguration waits for somebody to do something about it.
    level = logging.ERROR if isinstance(error, ProviderMisconfigured) else logging.WARNING
    log.log(level, "generation failed", extra={"answer": work.answer.pk, "reason": type(error).__name__})


def _extracted_instead(work: Work, found: Retrieved, error: ProviderError) -> Cited:
    """Answer without the model that failed before its first word, and say so."""
    cited = _extracted(work, found)
    refused = isinstance(error, ProviderRefusedContent)  # that question alone
    quoted = work.answer.mode == Mode.EXTRACTED
    _add_notice(work.answer, not_written(str(error), available=refused, quoted=quoted))
    return cited


def _extracted_for_now(work: Work, found: Retrieved) -> Cited:
    log.info("budget spent", extra={"answer": work.answer.pk})
    cited = _extracted(work, found)
    _add_notice(work.answer, budget_spent(quoted=work.answer.mode == Mode.EXTRACTED))
    return cited


def _cited(work: Work) -> Cited:
    work.answer.mode = Mode.GENERATED
    with work.stopwatch.stage("cite"):
        return resolve_citations(work.answer.text, work.prompted)


def _prompt(work: Work, passages: tuple[Passage, ...]) -> Prompt:
    with work.stopwatch.stage("compose"):
        texts = Page.objects.texts_of({(passage.document_id, passage.page_number) for passage in passages})
        return compose(work.answer.question, passages, work.history, work.options.prompt_tokens, texts)


def _note_prompted(work: Work, prompt: Prompt) -> None:
    number_passages(work.answer, prompt.passages)
    work.prompted = prompt.passages


def _stored(work: Work, cited: Cited) -> Answer:
    if work.answer.status == AnswerStatus.WORKING:
        work.answer.status = AnswerStatus.DONE
    work.answer.lease_until = None
    work.answer.timings_ms = work.stopwatch.total()
    work.answer.prompt_tokens = work.bill.prompt_tokens
    work.answer.completion_tokens = work.bill.completion_tokens
    work.answer.cost_microdollars = work.bill.cost_microdollars
    store_answer(work.answer, cited)
    log.info("answer stored", extra=what_happened(work.answer))
    return work.answer


def what_happened(answer: Answer) -> dict[str, object]:
    """An answer as an event: how it went and how long each stage took, nothing of what was asked or said."""
    return {
        "answer": answer.pk,
        "mode": answer.mode,
        "status": answer.status,
        "model": answer.model,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "timings_ms": answer.timings_ms,
    }


def _close(work: Work, status: AnswerStatus) -> None:
    """Keep what there is of an answer that will not be finished: its citations are as good as any other's."""
    work.answer.status = status
    _stored(work, _cited(work) if work.answer.text else Cited(text=""))


def _add_notice(answer: Answer, notice: str) -> None:
    answer.notice = f"{answer.notice} {notice}".strip()
