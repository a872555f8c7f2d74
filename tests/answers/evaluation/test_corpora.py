"""A set's corpus in the database: made by real workers, kept between runs, never of two versions."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.db import connection

from answers.evaluation.corpora import (
    MADE_BY,
    WORKER_NAME,
    Corpus,
    bring_corpus,
    check_stands,
    corpus_hash,
    hashes_by_name,
    own_corpus,
    remove_corpus,
    write_path_hash,
)
from answers.evaluation.questions import EvaluationSet, SetError, SetFile
from documents.models import Collection, Document, Readers, Status
from documents.options import indexing_options
from tests.answers.evaluation.samples import CATS, DOGS, OWLS, animals
from tests.library import index_text, make_collection

# Workers are threads with connections of their own: they see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def bring(wanted: EvaluationSet, **how: bool) -> Corpus:
    return bring_corpus(wanted, indexing_options(), StringIO(), **how)


def made_by_older_code(corpus: Corpus) -> None:
    Collection.objects.filter(pk=corpus.collection.pk).update(description=f"{MADE_BY}000000000000")


def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """What each returns, run in threads that begin together."""
    results: list[Any] = [None] * len(runs)
    start = threading.Barrier(len(runs))

    def work(index: int) -> None:
        start.wait()
        try:
            results[index] = runs[index]()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(runs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_corpus_is_uploaded_and_indexed_by_workers_that_end():
    corpus = bring(animals())

    documents = Document.objects.filter(collection=corpus.collection).order_by("name")
    assert list(documents.values_list("name", "status", "attempts")) == [
        (name, Status.READY, 1) for name in ("cats.txt", "dogs.txt", "owls.txt")
    ]
    assert (corpus.documents, corpus.chunks, corpus.indexed) == (3, 3, 3)
    assert corpus.document_ids == set(documents.values_list("pk", flat=True))
    assert [thread.name for thread in threading.enumerate() if thread.name == WORKER_NAME] == []


def test_its_collection_is_named_by_its_content_and_read_by_nobody_but_superusers():
    collection = bring(animals("xquad/de (whole documents)")).collection

    assert re.fullmatch(r"evaluation-xquad-de-whole-documents-[0-9a-f]{12}", collection.slug)
    assert (collection.name, collection.readers, collection.description) == (
        "Evaluation: xquad/de (whole documents)",
        Readers.MEMBERS,
        MADE_BY + write_path_hash(),
    )


def test_what_stands_there_is_used_again():
    first = bring(animals())

    assert bring(animals()) == replace(first, indexed=0, seconds=0.0)


def test_what_an_interrupted_run_left_is_completed():
    first = bring(animals())
    Document.objects.filter(name="cats.txt").delete()

    second = bring(animals())

    assert (second.documents, second.indexed, len(first.document_ids & second.document_ids)) == (3, 1, 2)


def test_a_changed_write_path_makes_it_be_indexed_again_unless_it_is_to_be_kept():
    first = bring(animals())
    made_by_older_code(first)

    assert bring(animals(), keep=True).document_ids == first.document_ids
    again = bring(animals())

    assert (again.indexed, again.document_ids & first.document_ids) == (3, set())
    assert again.collection.pk == first.collection.pk
    assert Collection.objects.get(pk=again.collection.pk).description == MADE_BY + write_path_hash()


def test_fresh_indexes_it_again_whatever_stands_there():
    first = bring(animals())

    assert bring(animals(), fresh=True).document_ids & first.document_ids == set()


def test_changed_files_remove_the_corpus_of_the_old_ones_and_no_other():
    own = make_collection("evaluation-animals-0123456789ab", description="My own evaluation of animals")
    index_text(own, "mine.txt", CATS)
    other = bring(animals("animals-2"))
    bring(animals())

    changed = bring(animals(texts=(CATS, DOGS, f"{OWLS} They see well.")))

    assert set(Collection.objects.filter(slug__startswith="evaluation-")) == {own, other.collection, changed.collection}
    assert (changed.documents, other.collection.documents.count(), own.documents.count()) == (3, 3, 1)


def test_the_hash_is_of_files_and_model_and_of_no_order():
    files, options = animals().files, indexing_options()
    other_name = [SetFile("other.txt", files[0].content), *files[1:]]
    other_model = replace(options, embedding_model="other")

    assert corpus_hash(files, options) == corpus_hash(files[::-1], options)
    assert len({corpus_hash(files, options), corpus_hash(other_name, options), corpus_hash(files, other_model)}) == 3


def test_two_runs_at_once_share_the_work():
    first, second = at_once(lambda: bring(animals()), lambda: bring(animals()))

    assert first.document_ids == second.document_ids
    assert (first.documents, Collection.objects.filter(slug__startswith="evaluation-").count()) == (3, 1)
    assert set(Document.objects.values_list("status", "attempts")) == {(Status.READY, 1)}


def test_two_runs_at_once_index_an_outdated_corpus_again_once():
    outdated = bring(animals())
    made_by_older_code(outdated)

    first, second = at_once(lambda: bring(animals()), lambda: bring(animals()))

    assert first.document_ids == second.document_ids == set(Document.objects.values_list("pk", flat=True))
    assert (first.documents, first.document_ids & outdated.document_ids) == (3, set())


def test_a_corpus_that_another_run_replaced_meanwhile_is_not_measured():
    corpus = bring(animals())
    check_stands(corpus)
    bring(animals(), fresh=True)

    with pytest.raises(SetError) as error:
        check_stands(corpus)

    assert (
        str(error.value) == "Evaluation: animals was indexed again or removed by another run meanwhile. Run it again."
    )


def test_a_file_that_cannot_be_uploaded_is_named():
    with pytest.raises(SetError) as error:
        bring(replace(animals(), files=(SetFile("empty.txt", b""),)))

    assert str(error.value) == "empty.txt: The file is empty."


def test_a_file_that_cannot_be_indexed_is_named_in_each_run():
    broken = replace(
        animals(), files=(*animals().files, SetFile("script.html", b"<html><script>run()</script></html>"))
    )

    for _ in range(2):
        with pytest.raises(SetError) as error:
            bring(broken)
        failed = Document.objects.get(name="script.html")
        assert failed.error
        assert str(error.value) == f"1 of 4 documents not indexed. script.html: {failed.error}"
    assert Document.objects.filter(status=Status.READY).count() == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_workers_that_break_down_are_not_waited_for():
    nonsense = replace(indexing_options(), limits=None)  # type: ignore[arg-type]  # an error of ours, which stops a worker

    with pytest.raises(SetError) as error:
        bring_corpus(animals(), nonsense, StringIO())

    assert str(error.value) == "Indexing Evaluation: animals broke down; what stands above says why."


def test_somebodys_own_collection_is_asked_as_it_stands():
    reports = make_collection()
    document = index_text(reports, "cats.pdf.txt", CATS)

    corpus = own_corpus("reports")

    assert corpus == Corpus(reports, frozenset({document.pk}), 1)
    assert hashes_by_name(corpus) == {"cats.pdf.txt": {document.sha256}, "cats.pdf": {document.sha256}}
    with pytest.raises(SetError, match=r"^There is no collection 'secret'\.$"):
        own_corpus("secret")


def test_a_corpus_is_removed_with_its_documents():
    remove_corpus(bring(animals()))

    assert (Collection.objects.filter(slug__startswith="evaluation-").count(), Document.objects.count()) == (0, 0)
