"""Answer a question that cannot be stored, because the database takes no writes: it is full, or read-only.

What is said is quoted from the documents: without writes no budget can be charged, so no model is called. Follow-ups
are not completed. Nothing is kept, and the answer says so.
"""

from collections.abc import Generator

from django.utils import timezone

from answers.citations import Cited
from answers.events import AnswerUnkept, Event, PassagesFound, SearchStarted
from answers.extraction import PASSAGES_READ
from answers.models import Answer, AnswerStatus, Mode
from answers.quoting import quote_sentences
from answers.refusal import REFUSAL, THRESHOLD
from answers.retrieval import Retrieved, retrieve
from answers.storing import citation_rows
from answers.timing import Stopwatch
from documents.scope import Scope

NOT_KEPT = "The database takes no changes just now: this is quoted from your documents, and was not kept."


def unkept_answer(question: str) -> Answer:
    """An answer without a row."""
    return Answer(question=question, searched_for=question, notice=NOT_KEPT, created_at=timezone.now())


def unkept_events(answer: Answer, scope: Scope) -> Generator[Event, None, None]:
    """Answer, telling what happens. The last event is AnswerUnkept."""
    stopwatch = Stopwatch()
    yield SearchStarted(answer.question)
    found = retrieve(answer.question, scope, stopwatch)
    yield PassagesFound(found.passages[:PASSAGES_READ])
    with stopwatch.stage("extract"):
        cited = _quoted(answer, found)
    answer.text, answer.supported, answer.status = cited.text, cited.supported, AnswerStatus.DONE
    answer.confidence, answer.embedding_model = found.confidence, found.embedding_model
    answer.timings_ms = stopwatch.total()
    yield AnswerUnkept(answer, tuple(citation_rows(answer, cited)))


def _quoted(answer: Answer, found: Retrieved) -> Cited:
    thin = not found.passages or found.confidence < THRESHOLD
    cited = None if thin else quote_sentences(answer.question, found)
    answer.mode = Mode.REFUSED if cited is None else Mode.EXTRACTED
    return cited or Cited(text=REFUSAL)
