"""What readers get of a provider that fails: an answer all the same, and a plain word about what is missing."""

import time

import pytest
from django.conf import LazySettings

from answers.answering import AnsweringOptions, ask
from answers.generation import Writer
from answers.models import Answer, AnswerStatus, Conversation, Mode
from answers.retrieval import NOT_EMBEDDED
from documents.models import Chunk, Document, EmbeddingIndex, StagedChunk, Status
from documents.options import indexing_options
from documents.scoping import scope_for
from documents.worker import work_once
from qabot.provider import Provider, ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, make_user, upload_text

TOWER = "The Eiffel Tower is in Paris. It is 330 metres tall. It was built from 1887 to 1889."
QUESTION = "How tall is the Eiffel Tower?"
INSTEAD = "these are the sentences of your documents that answer best."
KEY = "sk-canary-0123456789"

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user()


@pytest.fixture
def library(alice):
    index_text(make_collection(readers="public"), "tower.txt", TOWER)
    return alice


def asked(person, provider: Provider | None) -> Answer:
    options = AnsweringOptions(Writer(provider, "fake-chat") if provider else None, 6000)
    return ask(QUESTION, Conversation.objects.create(owner=person), scope_for(person, None, None), options)


def provider_of(fake: FakeProvider, **changes: float) -> Provider:
    return Provider(ProviderSettings(fake.base_url, KEY, **{"retry_seconds": 0.01} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "notice"),
    [
        ("401", f"The provider refused the key (status 401). The model is not available: {INSTEAD}"),
        ("403", f"The provider refused the key (status 403). The model is not available: {INSTEAD}"),
        ("429:30", f"The provider is asked too often just now. The model is not available: {INSTEAD}"),
        ("quota", f"The provider's quota is used up. The model is not available: {INSTEAD}"),
        ("500", f"The provider has a problem of its own (status 500). The model is not available: {INSTEAD}"),
        ("refused", f"The provider cannot be reached. The model is not available: {INSTEAD}"),
        ("hang", f"The model did not begin to answer within 0.5 seconds. The model is not available: {INSTEAD}"),
        ("empty_choices", f"The model answered with nothing. The model is not available: {INSTEAD}"),
        (
            "content_filter_400",
            f"The provider's content filter refused the question. So nothing was written: {INSTEAD}",
        ),
    ],
)
def test_before_the_first_word_the_documents_own_sentences_stand_in(library, mode, notice):
    with FakeProvider(mode) as fake:
        answer = asked(library, provider_of(fake, first_token_seconds=0.5, idle_seconds=0.5))

    assert (answer.mode, answer.status, answer.notice) == (Mode.EXTRACTED, AnswerStatus.DONE, notice)
    assert "330 metres" in answer.text


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("cut:3", "The connection to the model broke off."),
        ("hang_mid:3", "The model stopped in the middle of its answer."),
        ("content_filter", "The provider's content filter stopped the answer."),
    ],
)
def test_after_it_what_was_written_stays_and_is_called_incomplete(library, mode, why):
    with FakeProvider(mode) as fake:
        answer = asked(library, provider_of(fake, first_token_seconds=0.5, idle_seconds=0.5))

    assert (answer.mode, answer.status) == (Mode.GENERATED, AnswerStatus.INTERRUPTED)
    assert (answer.text != "", answer.notice) == (True, f"{why} This answer is incomplete.")


def test_an_answer_that_reached_its_longest_length_says_so(library):
    with FakeProvider("length") as fake:
        answer = asked(library, provider_of(fake))

    assert (answer.status, answer.mode) == (AnswerStatus.DONE, Mode.GENERATED)
    assert answer.notice == "This answer reached the longest length and ends here. Ask for the rest."


def test_while_the_breaker_is_open_answers_are_quoted_within_a_second(library):
    with FakeProvider("hang") as fake:
        provider = provider_of(fake, first_token_seconds=0.2, idle_seconds=0.2)
        for _ in range(3):
            asked(library, provider)
        begun = time.monotonic()
        answer = asked(library, provider)
        seconds = time.monotonic() - begun

    assert (len(fake.requests), answer.mode, seconds < 1) == (3, Mode.EXTRACTED, True)
    assert answer.notice == (
        "The provider failed several times just now, and is not asked for a moment. "
        f"The model is not available: {INSTEAD}"
    )


# Embedding


@pytest.fixture
def hosted(settings: LazySettings):
    """A provider that embeds, to be set to other modes; questions get no second for a vector that does not come."""
    with FakeProvider() as fake:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(
            fake.base_url, KEY, retry_seconds=0.01, first_token_seconds=0.3
        )
        settings.QABOT_EMBEDDING_MODEL = "text-embedding-3-small"
        yield fake


@pytest.mark.parametrize("mode", ["401", "429", "500", "hang", "bad_json", "wrong_count", "wrong_dimension", "nan"])
def test_a_question_that_is_not_embedded_is_searched_for_by_its_words(hosted: FakeProvider, alice, mode):
    index_text(make_collection(readers="public"), "tower.txt", TOWER)
    hosted.mode = mode

    answer = asked(alice, None)

    assert (answer.mode, answer.notice, answer.embedding_model) == (Mode.EXTRACTED, NOT_EMBEDDED, "")
    assert "330 metres" in answer.text


def test_with_its_breaker_open_nobody_waits_for_a_vector(hosted: FakeProvider, alice):
    index_text(make_collection(readers="public"), "tower.txt", TOWER)
    hosted.mode = "hang"
    for _ in range(3):
        asked(alice, None)
    requests, begun = len(hosted.requests), time.monotonic()
    answer = asked(alice, None)

    assert time.monotonic() - begun < 2
    assert (len(hosted.requests), answer.notice) == (requests, NOT_EMBEDDED)


def test_embedding_and_model_down_are_both_told(hosted: FakeProvider, alice):
    index_text(make_collection(readers="public"), "tower.txt", TOWER)
    hosted.mode = "500"
    answer = asked(alice, provider_of(hosted))

    assert answer.mode == Mode.EXTRACTED
    assert answer.notice.startswith(f"{NOT_EMBEDDED} The provider has a problem of its own (status 500).")


@pytest.mark.parametrize("mode", ["bad_json", "wrong_count", "wrong_dimension", "nan"])
def test_wrong_vectors_are_refused_whole_and_leave_the_index_as_it_was(hosted: FakeProvider, alice, mode):
    reports = make_collection(readers="public")
    tower = index_text(reports, "tower.txt", TOWER)
    before = list(Chunk.objects.order_by("pk").values_list("pk", "text", "embeddings__pk"))
    index = EmbeddingIndex.objects.values().get()
    Document.objects.filter(pk=tower.pk).update(status=Status.PENDING)  # it is indexed again, and another one is added
    upload_text(reports, "bridge.txt", "The bridge is red. It stands in San Francisco.")
    hosted.mode = mode

    while work_once(indexing_options()):
        pass

    assert list(Document.objects.order_by("pk").values_list("status", "error_code")) == [("failed", "embedding")] * 2
    assert list(Chunk.objects.order_by("pk").values_list("pk", "text", "embeddings__pk")) == before
    assert (EmbeddingIndex.objects.values().get(), StagedChunk.objects.count()) == (index, 0)
