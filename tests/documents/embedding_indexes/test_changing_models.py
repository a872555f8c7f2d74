"""The whole change of a model, 384 to 1,536 dimensions and back, under continuous asks and uploads."""

import threading
from functools import cache

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from answers.retrieval import Retrieved, retrieve
from answers.timing import Stopwatch
from documents.embedding.choice import embedder_for
from documents.embedding_indexes.switching import activate, roll_back
from documents.models import Collection, Document, EmbeddingIndex, Status
from documents.options import indexing_options
from documents.scoping import scope_for
from documents.worker import work_until
from tests.documents.embedding_indexes.steps import (
    LOCAL,
    SECONDS,
    SMALL,
    all_chunks,
    begin_small,
    embedded,
    filler,
    status,
)
from tests.fakes.provider import FakeProvider
from tests.library import upload_text

QUESTIONS = {
    "How long does a cat sleep?": "cats.txt",
    "How tall is the Eiffel Tower?": "tower.txt",
    "What do bees make?": "honey.txt",
    "How much does a blue whale weigh?": "whales.txt",
}


def test_asking_goes_on_while_the_model_changes_and_changes_back(provider: FakeProvider, library: Collection):
    """384 to 1536 dimensions and back under continuous asks and uploads: no error, nothing mixed, recall as before."""
    local = EmbeddingIndex.objects.get()
    asking = Asking()
    stop = threading.Event()
    working = threading.Thread(target=work_until, args=(stop, indexing_options(), filler().work_once))
    asking.start()
    working.start()
    try:
        asking.wait_for_more()
        hosted = begin_small()
        upload_text(library, "during.txt", "Zebras have stripes.")
        wait_until(lambda: status(hosted).complete and Document.objects.filter(status=Status.READY).count() == 5)
        asking.wait_for_more()
        activate(hosted.pk)
        asking.wait_for_more()
        upload_text(library, "after.txt", "Camels have humps.")
        wait_until(lambda: status(local).complete and Document.objects.filter(status=Status.READY).count() == 6)
        roll_back()
        asking.wait_for_more()
    finally:
        stop.set()
        asking.end()
        working.join()

    assert asking.errors == []
    assert {found.notice for found in asking.found} == {""}
    models = [found.embedding_model for found in asking.found]
    assert {LOCAL, SMALL} == set(models)
    # Recall: the same document is first, whichever index was asked.
    assert {(found.question, found.passages[0].document_name) for found in asking.found} == set(QUESTIONS.items())
    # Nothing mixed: every score of an answer is the question's cosine under the one model that the answer names.
    assert [found for found in asking.found if not scores_are_its_models_own(found)] == []
    assert embedded(local) == embedded(hosted) == all_chunks()


class Asking:
    """Threads that ask one question after the other."""

    def __init__(self) -> None:
        self.found: list[Retrieved] = []
        self.errors: list[Exception] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(start,)) for start in range(2)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, questions: int = 4) -> None:
        before = len(self.found)
        wait_until(lambda: len(self.found) >= before + questions or self.errors)

    def _ask(self, start: int) -> None:
        number = start
        while not self._stop.is_set():
            number += 1
            try:
                everybody = scope_for(AnonymousUser(), None, None)
                self.found.append(retrieve(list(QUESTIONS)[number % len(QUESTIONS)], everybody, Stopwatch()))
            except Exception as error:
                self.errors.append(error)
            finally:
                connection.close()


def wait_until(holds) -> None:
    for _ in range(SECONDS * 50):
        if holds():
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"It did not come to pass within {SECONDS} seconds.")


def scores_are_its_models_own(found: Retrieved) -> bool:
    told = [passage.semantic.score for passage in found.passages]
    own = [cosine(found.question, passage.text, found.embedding_model) for passage in found.passages]
    return told == pytest.approx(own, abs=3e-3)  # half floats


@cache
def cosine(question: str, passage: str, model: str) -> float:
    embedder = embedder_for(model)
    return float(embedder.embed_question(question) @ embedder.embed_passages([passage])[0])
