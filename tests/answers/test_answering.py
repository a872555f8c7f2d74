"""The read path, whole: from a question to a stored answer whose citations are exact."""

import pytest

from answers.answering import AnsweringOptions, answer_events, ask, begin_answer
from answers.events import AnswerDone, PassagesFound, SearchStarted, TextDelta
from answers.generation import Writer
from answers.models import Answer, AnswerStatus, Conversation, Mode
from answers.refusal import REFUSAL
from answers.retrieval import retrieve
from answers.storing import store_passages
from answers.timing import Stopwatch
from documents.managing import delete_document
from documents.models import Document, Page, Readers
from documents.scoping import scope_for
from qabot.provider import Provider, ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user

TOWER = """The Eiffel Tower is a wrought-iron lattice tower in Paris, France. It is 330 metres tall.
It was built from 1887 to 1889 for the World's Fair. The tower has three levels for visitors.

Gustave Eiffel's company designed and built the tower. Maurice Koechlin drew the first sketch in 1884."""
CATS = "Cats purr when they are content. A cat sleeps for twelve to sixteen hours a day."

QUOTING = AnsweringOptions(writer=None, prompt_tokens=6000)


@pytest.fixture
def library(db):
    alice, reports = make_user(), make_collection()
    index_text(reports, "eiffel-tower.txt", TOWER)
    index_text(reports, "cats.txt", CATS)
    return alice


def writing_with(provider: FakeProvider) -> AnsweringOptions:
    settings = ProviderSettings(provider.base_url, "key", retry_seconds=0.01)
    return AnsweringOptions(Writer(Provider(settings), "fake-chat"), 6000)


def asked(
    person, question: str, options: AnsweringOptions = QUOTING, conversation: Conversation | None = None
) -> Answer:
    talk = conversation or Conversation.objects.create(owner=person)
    return ask(question, talk, scope_for(person, None, None), options)


def check_citations(answer: Answer) -> None:
    for citation in answer.citations.all():
        page = Page.objects.get(document=citation.document, number=citation.page_number)
        assert page.text[citation.start : citation.end] == citation.quote


def test_without_a_model_the_documents_own_sentence_answers(library):
    answer = asked(library, "How tall is the Eiffel Tower?")

    assert (answer.mode, answer.status, answer.supported) == (Mode.EXTRACTED, AnswerStatus.DONE, True)
    assert "330 metres" in answer.text
    assert any("330 metres" in citation.quote for citation in answer.citations.all())
    check_citations(answer)
    assert set(answer.timings_ms) >= {"embed_question", "lexical", "semantic", "fuse", "extract", "total"}


def test_what_the_documents_do_not_hold_is_refused(library):
    answer = asked(library, "What is the boiling point of liquid helium on Jupiter's moon?")

    assert (answer.mode, answer.text, answer.citations.count()) == (Mode.REFUSED, REFUSAL, 0)
    assert answer.passages.exists()


def test_nothing_is_found_where_nothing_may_be_read(library):
    charlie = make_user("charlie")
    secret = make_collection("secret", readers=Readers.MEMBERS)
    index_text(secret, "vault.txt", "The vault of the Northern Bank opens at noon.")

    answer = asked(charlie, "When does the vault of the Northern Bank open?")

    assert answer.mode == Mode.REFUSED
    assert not answer.passages.filter(document__collection=secret).exists()


def test_a_model_writes_with_citations_to_exact_words(library):
    with FakeProvider() as provider:
        answer = asked(library, "How tall is the Eiffel Tower?", writing_with(provider))

    assert (answer.mode, answer.status, answer.model) == (Mode.GENERATED, AnswerStatus.DONE, "fake-chat")
    assert answer.citations.exists()
    check_citations(answer)
    assert answer.passages.filter(number=1).exists()


def test_events_tell_what_happens_in_order(library):
    talk = Conversation.objects.create(owner=library)
    scope = scope_for(library, None, None)
    with FakeProvider() as provider:
        answer = begin_answer("How tall is the Eiffel Tower?", talk, scope)
        events = list(answer_events(answer, scope, writing_with(provider)))

    kinds = [type(event) for event in events]
    assert kinds[:2] == [SearchStarted, PassagesFound]
    assert set(kinds[2:-1]) == {TextDelta}
    assert kinds[-1] == AnswerDone


@pytest.mark.parametrize("mode", ["401", "403", "429", "500"])
def test_a_provider_that_fails_is_replaced_by_quoting_and_said(library, mode):
    with FakeProvider(mode=mode) as provider:
        answer = asked(library, "How tall is the Eiffel Tower?", writing_with(provider))

    assert (answer.mode, answer.status) == (Mode.EXTRACTED, AnswerStatus.DONE)
    assert "sentences of your documents" in answer.notice
    assert "330 metres" in answer.text


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("cut:3", "The connection to the model broke off."),
        ("bad_json", "The provider sent something that is not JSON."),
        ("error_in_stream", "The provider reported a failure instead of an answer."),
        ("content_filter", "The provider's content filter stopped the answer."),
    ],
)
def test_an_answer_that_breaks_off_keeps_what_was_written_and_says_so(library, mode, why):
    with FakeProvider(mode=mode) as provider:
        answer = asked(library, "How tall is the Eiffel Tower?", writing_with(provider))

    assert (answer.mode, answer.status) == (Mode.GENERATED, AnswerStatus.INTERRUPTED)
    assert answer.text
    assert answer.notice == f"{why} This answer is incomplete."


def test_a_reader_who_leaves_keeps_what_was_written(library):
    talk = Conversation.objects.create(owner=library)
    scope = scope_for(library, None, None)
    with FakeProvider() as provider:
        answer = begin_answer("How tall is the Eiffel Tower?", talk, scope)
        events = answer_events(answer, scope, writing_with(provider))
        for event in events:
            if isinstance(event, TextDelta):
                break
        events.close()

    stored = Answer.objects.get(pk=answer.pk)
    assert stored.status == AnswerStatus.INTERRUPTED
    assert stored.text


def test_a_follow_up_carries_the_earlier_questions_terms(library):
    talk = Conversation.objects.create(owner=library)
    asked(library, "How tall is the Eiffel Tower?", conversation=talk)

    answer = asked(library, "When was it built?", conversation=talk)

    assert answer.searched_for != "When was it built?"
    assert "Eiffel" in answer.searched_for
    assert "1889" in answer.text


@pytest.mark.django_db(transaction=True)  # rows of the deleting transaction are checked in an order that varies
def test_an_answer_stays_readable_when_its_document_is_deleted(library):
    answer = asked(library, "How tall is the Eiffel Tower?")
    quotes = list(answer.citations.values_list("quote", "document_name"))

    for document in Document.objects.filter(name__in={name for _, name in quotes}):
        delete_document(document)

    assert list(answer.citations.values_list("quote", "document_name")) == quotes
    assert set(answer.citations.values_list("document", flat=True)) == {None}


@pytest.mark.django_db(transaction=True)
def test_a_document_that_goes_between_finding_and_storing_costs_no_answer():
    alice, reports = make_user(), make_collection(readers=Readers.PUBLIC)
    document = index_text(reports, "eiffel-tower.txt", TOWER)
    scope = scope_for(alice, None, None)
    answer = begin_answer("How tall is the Eiffel Tower?", Conversation.objects.create(owner=alice), scope)
    found = retrieve(answer.question, scope, Stopwatch())
    events = answer_events(answer, scope, QUOTING)
    while not isinstance(next(events), PassagesFound):
        pass

    delete_document(document)
    list(events)
    answer.passages.all().delete()
    store_passages(answer, found.passages)

    answer.refresh_from_db()
    assert (answer.status, answer.mode) == (AnswerStatus.DONE, Mode.EXTRACTED)
    assert "330 metres" in answer.text
    assert {citation.document for citation in answer.citations.all()} == {None}
    assert {(row.document, row.chunk) for row in answer.passages.all()} == {(None, None)}
