"""Ask a restored database what it should still know: the golden questions, else words of its own documents.

No model writes, so asking costs nothing and says the same each time. Knows nothing of backups.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.db.models import F

from answers.answering import PASSAGES_READ
from answers.evaluation.golden_runs import run_here
from answers.evaluation.models import GoldenQuestion, GoldenResult
from answers.evaluation.running import QUOTING, scope_of
from answers.retrieval import retrieve
from answers.timing import Stopwatch
from documents.models import Chunk, Document, Status

OWN_QUESTIONS = 3
OWN_WORDS, OWN_CHARACTERS = 12, 100  # of a chunk's beginning, that make a question; some scripts have no spaces

OnProgress = Callable[[int], None]  # questions asked


@dataclass(frozen=True)
class AskedAgain:
    """A question, whether what it should find was found, and what the reader should know."""

    question: str
    found: bool
    note: str = ""


def ask_again(on_progress: OnProgress) -> list[AskedAgain]:
    """Ask all golden questions there are, without any a few of the documents' own words."""
    if GoldenQuestion.objects.askable().exists():
        return _golden(on_progress)
    return list(_own(on_progress))


def _golden(on_progress: OnProgress) -> list[AskedAgain]:
    """A question fails that found its document and quote in the run before, or was never asked."""
    before = {
        result.golden_id: result
        for result in GoldenResult.objects.filter(golden__isnull=False).order_by("pk").iterator()
    }
    run = run_here(GoldenQuestion.objects.all(), uuid4(), QUOTING, on_progress, whole=True)
    return [_judged(result, before.get(result.golden_id)) for result in run.results.all()]


def _judged(result: GoldenResult, before: GoldenResult | None) -> AskedAgain:
    missed = _missed(result)
    if missed and before is not None and missed <= _missed(before):
        return AskedAgain(result.question, found=True, note="not found before the backup either")
    return AskedAgain(result.question, not missed, " and ".join(sorted(missed)) + " not found" * bool(missed))


def _missed(result: GoldenResult) -> set[str]:
    checks = {"document": result.document_found, "quote": result.quote_found}
    return {name for name, found in checks.items() if found is False}


def _own(on_progress: OnProgress) -> Iterator[AskedAgain]:
    for number, chunk in enumerate(_chunks_across(), start=1):
        question = " ".join(chunk.text.split()[:OWN_WORDS])[:OWN_CHARACTERS]
        found = retrieve(question, scope_of(chunk.collection_id), Stopwatch())
        texts = [" ".join(passage.text.split()) for passage in found.passages[:PASSAGES_READ]]
        yield AskedAgain(question, any(question in text for text in texts), found.notice)
        on_progress(number)


def _chunks_across() -> Iterator[Chunk]:
    """The first chunk of the oldest, a middle and the newest ready document."""
    ready = Document.objects.filter(status=Status.READY, quarantined_at__isnull=True).order_by("pk")
    count = ready.count()
    places = {count * step // (OWN_QUESTIONS - 1) for step in range(OWN_QUESTIONS)}
    for place in sorted({min(place, count - 1) for place in places} if count else ()):
        chunk = Chunk.objects.filter(document=ready[place]).order_by(F("ordinal")).first()
        if chunk is not None:
            yield chunk
