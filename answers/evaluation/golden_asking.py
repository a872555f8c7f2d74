"""Ask one golden question through the real read path, and judge what comes. Knows nothing of runs' states.

The conversation is nobody's and is thrown away: what stays is the result.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from answers.answering import PASSAGES_READ, AnsweringOptions, answer_events, begin_answer
from answers.attending import attended
from answers.evaluation.golden import Expected, Seen, SeenPassage, Verdict, is_named, judge
from answers.evaluation.models import EvaluationRun, GoldenQuestion, GoldenResult
from answers.models import Answer, AnswerStatus, Conversation, Mode, RetrievedPassage
from documents.models import Document, Page
from documents.scope import Scope

UNANSWERED = "This question could not be answered: the log says why."
BROKE_OFF = "The answer broke off before its end."
NO_DOCUMENT = "The collection has no searchable document called {!r}."


class Stopped(Exception):
    """The worker was told to stop in the middle of a question."""


def ask_golden(
    golden: GoldenQuestion, run: EvaluationRun, options: AnsweringOptions, stop: threading.Event
) -> GoldenResult:
    """Ask one question of its collection and judge the answer; the result is not stored yet.

    Raises Stopped, also in the middle of an answer.
    """
    collection_id = golden.collection_id or 0
    scope = Scope((collection_id,), None, Document.objects.chunks_visible([collection_id]))
    with _throw_away_conversation(run) as conversation:
        answer = begin_answer(golden.question, conversation, scope)
        with attended(answer, stop.is_set), closing(answer_events(answer, scope, options)) as events:
            for _ in events:
                if stop.is_set():
                    raise Stopped
        return _result(golden, run, answer)


def expected_of(golden: GoldenQuestion) -> Expected:
    return Expected(golden.expected_document, golden.expected_quote, golden.expected_text, golden.answerable)


@contextmanager
def _throw_away_conversation(run: EvaluationRun) -> Iterator[Conversation]:
    """A conversation of a single question: the next one must not be taken for a follow-up."""
    key = f"golden-run-{run.pk}"
    Conversation.objects.filter(anonymous_key=key).delete()  # of a worker that died
    conversation = Conversation.objects.create(anonymous_key=key, title="Golden question")
    try:
        yield conversation
    finally:
        conversation.delete()


def _result(golden: GoldenQuestion, run: EvaluationRun, answer: Answer) -> GoldenResult:
    expected = expected_of(golden)
    verdict = judge(expected, _seen(answer, with_texts=bool(expected.quote)), PASSAGES_READ)
    return GoldenResult(
        run=run,
        golden=golden,
        collection_id=golden.collection_id,
        question=golden.question,
        answerable=golden.answerable,
        passed=verdict.passed,
        document_found=verdict.document_found,
        document_rank=verdict.document_rank,
        quote_found=verdict.quote_found,
        quote_rank=verdict.quote_rank,
        text_found=verdict.text_found,
        refused=answer.mode == Mode.REFUSED,
        mode=answer.mode,
        confidence=answer.confidence,
        answer_text=answer.text,
        note=_note(golden, answer, verdict),
        latency_ms=answer.timings_ms.get("total", 0.0),
    )


def _seen(answer: Answer, *, with_texts: bool) -> Seen:
    passages = list(answer.passages.all())
    texts = Page.objects.texts_of({_place(passage) for passage in passages}) if with_texts else {}
    return Seen(
        answer=answer.text,
        refused=answer.mode == Mode.REFUSED,
        failed=answer.status != AnswerStatus.DONE,
        passages=tuple(
            SeenPassage(passage.document_name, texts.get(_place(passage), ""), passage.start, passage.end)
            for passage in passages
        ),
    )


def _place(passage: RetrievedPassage) -> tuple[int, int]:
    return passage.document_id or 0, passage.page_number


def _note(golden: GoldenQuestion, answer: Answer, verdict: Verdict) -> str:
    """What a reader of the result should know besides its checks."""
    sentences: list[str] = [answer.notice] if answer.notice else []
    if answer.status == AnswerStatus.INTERRUPTED and not answer.notice:
        sentences.append(BROKE_OFF)
    elif answer.status != AnswerStatus.DONE and answer.status != AnswerStatus.INTERRUPTED:
        sentences.append(UNANSWERED)
    if verdict.document_found is False and not _exists(golden):
        sentences.append(NO_DOCUMENT.format(golden.expected_document))
    return " ".join(sentences)


def _exists(golden: GoldenQuestion) -> bool:
    ready = Document.objects.ready().filter(collection=golden.collection_id)
    names: Sequence[str] = list(ready.values_list("name", flat=True))
    return any(is_named(name, golden.expected_document) for name in names)
