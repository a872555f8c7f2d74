"""The read path: a question is searched for, judged, answered, cited and stored.

Knows nothing of HTTP: its callers send the events on. The database connection goes back to the pool before a model
writes, so that a hundred slow answers hold none.
"""

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from django.db import DatabaseError, connection

from answers.citations import Cited, cite_extract, resolve_citations
from answers.conversations import earlier_turns
from answers.events import AnswerDone, AnswerFailed, Event, PassagesFound, SearchStarted, TextDelta
from answers.extraction import PASSAGES_READ as PASSAGES_QUOTED
from answers.extraction import extract
from answers.follow_ups import carry_terms, needs_context
from answers.generation import Generation, Writer
from answers.models import Answer, AnswerStatus, Conversation, Mode
from answers.passages import Passage
from answers.prompting import Prompt, Turn, compose
from answers.refusal import REFUSAL, THRESHOLD, is_refusal
from answers.retrieval import Retrieved, retrieve
from answers.similarity import sentence_similarity
from answers.storing import number_passages, store_answer, store_passages
from answers.timing import Stopwatch
from documents.embedding.local import LOCAL_MODEL
from documents.models import Page
from documents.scope import Scope
from qabot.provider import ProviderError

PASSAGES_READ = 8  # passages an answer is written from
QUOTED_INSTEAD = "The model is not available: these are the sentences of your documents that answer best."
CUT_OFF = "The model broke off in the middle of this answer."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AnsweringOptions:
    """What answering needs to know of the settings: who writes (nobody: sentences are quoted), and from how much."""

    writer: Writer | None
    prompt_tokens: int  # budget of the whole prompt


@dataclass
class Work:
    """One answer in the making."""

    answer: Answer
    scope: Scope
    options: AnsweringOptions
    history: list[Turn]
    stopwatch: Stopwatch
    prompted: tuple[Passage, ...] = ()  # what the model was shown, by number


def begin_answer(question: str, conversation: Conversation, scope: Scope) -> Answer:
    """Store a question before anything is done about it."""
    answer = Answer.objects.create(conversation=conversation, question=question, searched_for=question)
    answer.collections.set(scope.collection_ids)
    return answer


def ask(question: str, conversation: Conversation, scope: Scope, options: AnsweringOptions) -> Answer:
    """Answer a question to the end; the answer's status tells whether there is one."""
    answer = begin_answer(question, conversation, scope)
    for _ in answer_events(answer, scope, options):
        pass
    return answer


def answer_events(answer: Answer, scope: Scope, options: AnsweringOptions) -> Generator[Event, None, None]:
    """Answer a stored question, telling what happens. The last event is AnswerDone or AnswerFailed.

    Closing the iterator hangs up on the model and keeps what there is, marked as interrupted.
    """
    work = Work(answer, scope, options, earlier_turns(answer), Stopwatch())
    try:
        yield from _answered(work)
    except GeneratorExit:
        _close(work, AnswerStatus.INTERRUPTED)
        raise
    except DatabaseError as error:
        log.error("answer failed", extra={"answer": answer.pk, "reason": type(error).__name__})
        yield AnswerFailed("The database is not available. Please ask again in a moment.", answer)
    except Exception:
        log.exception("answer failed", extra={"answer": answer.pk})
        _close(work, AnswerStatus.FAILED)
        yield AnswerFailed("Something went wrong while answering. Please ask again.", answer)


def _answered(work: Work) -> Iterator[Event]:
    with work.stopwatch.stage("rewrite"):
        searched_for = _standalone_question(work)
    work.answer.searched_for = searched_for
    yield SearchStarted(searched_for)
    found = retrieve(searched_for, work.scope, work.stopwatch)
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
            release_connection()
            return work.options.writer.rewrite(question, work.history)
        except ProviderError as error:
            log.warning("follow-up not rewritten", extra={"reason": type(error).__name__})
    return carry_terms(question, work.history[-1].question)


def _refused(work: Work) -> Cited:
    work.answer.mode = Mode.REFUSED
    return Cited(text=REFUSAL)


def _extracted(work: Work, found: Retrieved) -> Cited:
    """Answer with the documents' own sentences, or refuse where none shares anything with the question."""
    with work.stopwatch.stage("extract"):
        passages = found.passages[:PASSAGES_QUOTED]
        extracted = extract(work.answer.searched_for, passages, found.idf, sentence_similarity(found, passages))
    if not extracted.sentences:
        return _refused(work)
    work.answer.mode = Mode.EXTRACTED
    return cite_extract(extracted, found.passages)


def _written(work: Work, writer: Writer, found: Retrieved) -> Generator[Event, None, Cited]:
    prompt = _prompt(work, found.passages[:PASSAGES_READ])
    release_connection()
    generation = Generation()
    with work.stopwatch.stage("generate"):
        try:
            with closing(writer.write(prompt, generation)) as pieces:
                for text in pieces:
                    work.answer.text += text
                    yield TextDelta(text)
        except ProviderError as error:
            log.warning("generation failed", extra={"answer": work.answer.pk, "reason": type(error).__name__})
            if not work.answer.text:
                work.answer.notice = f"{error} {QUOTED_INSTEAD}"
                return _extracted(work, found)
            work.answer.notice, work.answer.status = CUT_OFF, AnswerStatus.INTERRUPTED
    _count(work.answer, writer, generation)
    if is_refusal(work.answer.text):
        return _refused(work)
    return _cited(work)


def _cited(work: Work) -> Cited:
    work.answer.mode = Mode.GENERATED
    with work.stopwatch.stage("cite"):
        return resolve_citations(work.answer.text, work.prompted)


def _prompt(work: Work, passages: tuple[Passage, ...]) -> Prompt:
    with work.stopwatch.stage("compose"):
        texts = Page.objects.texts_of({(passage.document_id, passage.page_number) for passage in passages})
        prompt = compose(work.answer.question, passages, work.history, work.options.prompt_tokens, texts)
        number_passages(work.answer, prompt.passages)
    work.prompted = prompt.passages
    return prompt


def _count(answer: Answer, writer: Writer, generation: Generation) -> None:
    answer.model = writer.model
    answer.prompt_tokens = generation.prompt_tokens
    answer.completion_tokens = generation.completion_tokens


def _stored(work: Work, cited: Cited) -> Answer:
    if work.answer.status == AnswerStatus.WORKING:
        work.answer.status = AnswerStatus.DONE
    work.answer.timings_ms = work.stopwatch.total()
    store_answer(work.answer, cited)
    return work.answer


def _close(work: Work, status: AnswerStatus) -> None:
    """Keep what there is of an answer that will not be finished: its citations are as good as any other's."""
    work.answer.status = status
    _stored(work, _cited(work) if work.answer.text else Cited(text=""))


def release_connection() -> None:
    """Give the database connection back to the pool; inside somebody's transaction it stays."""
    if not connection.in_atomic_block:
        connection.close()
