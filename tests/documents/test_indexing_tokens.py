"""What indexing keeps besides text and vectors: each chunk's tokens, and what a file says of itself."""

import numpy as np
import pytest

from documents.embedding.choice import embedder_for
from documents.embedding.local import LocalEmbedder
from documents.embedding.token_signs import TOKEN_BYTES, unpack_signs, without_ends
from documents.indexing import context
from documents.lexical_index import search_lexical, weigh_question
from documents.managing import index_again
from documents.models import Chunk, Collection, Document, Embedding, EmbeddingIndex, OriginalPart, Status
from documents.options import indexing_options
from documents.scope import Scope
from documents.tokens import token_id, tokenize
from documents.worker import work_once
from qabot.provider import ProviderSettings
from tests.fakes.provider import FakeProvider
from tests.library import index_text, make_collection, upload_text

pytestmark = pytest.mark.django_db

LONG = "\n\n".join(f"Paragraph {n}. The cat number {n} sleeps on mat {n * 7} for {n + 2} hours." for n in range(60))
ABOUT_CATS = "---\nauthor: Zephyrine Quill\npublisher: Pets Weekly\n---\nCats purr when they are content."


@pytest.fixture(autouse=True)
def _token_signs(settings) -> None:
    settings.QABOT_TOKEN_SIGNS = True


@pytest.fixture
def reports() -> Collection:
    return make_collection()


def found_by(word: str, collection: Collection) -> list[str]:
    """The documents that the lexical leg finds by a word."""
    scope = Scope((collection.pk,), None, Chunk.objects.count())
    hits = search_lexical(weigh_question([token_id(token) for token in tokenize(word)], scope), 10, scope)
    return [Chunk.objects.get(pk=hit.chunk_id).document.name for hit in hits]


def stored_signs(document: Document) -> list[bytes | None]:
    rows = Embedding.objects.filter(chunk__document=document).order_by("chunk__ordinal")
    return [signs if signs is None else bytes(signs) for signs in rows.values_list("token_signs", flat=True)]


# Tokens


def test_every_embedding_has_the_signs_of_its_chunks_tokens_and_of_its_documents_name(reports):
    document = index_text(reports, "On cats.md", f"---\nauthor: Ann Aster\n---\n{LONG}")
    embedder = embedder_for("all-MiniLM-L6-v2")
    assert isinstance(embedder, LocalEmbedder)
    assert context(document) == "On cats Ann Aster"

    texts = list(document.chunks.order_by("ordinal").values_list("text", flat=True))
    _, signs = embedder.embed_passages_and_tokens([*texts, context(document)])
    stored = stored_signs(document)

    expected = [own + without_ends(signs[-1]) for own in signs[:-1]]
    assert len(stored) > 2
    assert [len(packed or b"") for packed in stored] == [len(packed) for packed in expected]
    assert all(len(packed) % TOKEN_BYTES == 0 for packed in expected)
    # Not bit by bit: a number near zero may change its sign with the batch it was computed in.
    same = unpack_signs(b"".join(filter(None, stored))) * unpack_signs(b"".join(expected))
    assert float(same.sum(axis=1).min()) > 0.9


def test_without_the_setting_no_tokens_are_kept(reports, settings):
    settings.QABOT_TOKEN_SIGNS = False

    document = index_text(reports, "cats.txt", LONG)

    assert not indexing_options().token_signs
    assert stored_signs(document) == [None] * document.chunks.count() != []


def test_a_hosted_model_has_no_tokens_to_keep(reports, settings):
    with FakeProvider() as fake:
        settings.QABOT_EMBEDDING_PROVIDER = ProviderSettings(fake.base_url, "key")
        settings.QABOT_EMBEDDING_MODEL = "text-embedding-3-small"
        document = index_text(reports, "cats.txt", "Cats purr.")

    assert (document.status, stored_signs(document)) == (Status.READY, [None])


def test_the_setting_changes_tokens_alone(reports, settings):
    document = index_text(reports, "cats.txt", "Cats purr when they are content.")
    kept = np.array(Embedding.objects.get().vector)

    settings.QABOT_TOKEN_SIGNS = False
    index_again(document)
    work_once(indexing_options())

    embedding = Embedding.objects.get()
    assert embedding.token_signs is None
    assert float(kept @ np.array(embedding.vector)) > 0.9999


def test_tokens_are_looked_up_for_those_chunks_that_have_them(reports, settings):
    with_tokens = index_text(reports, "cats.txt", "Cats purr.").chunks.get()
    settings.QABOT_TOKEN_SIGNS = False
    without = index_text(reports, "dogs.txt", "Dogs bark.").chunks.get()
    index = EmbeddingIndex.objects.get()

    found = Embedding.objects.token_signs_of(index, [with_tokens.pk, without.pk, 0])

    assert list(found) == [with_tokens.pk]
    assert [found[with_tokens.pk]] == stored_signs(with_tokens.document)


# What a file says of itself


def test_a_document_is_found_by_what_its_file_says_of_itself(reports):
    document = index_text(reports, "cats.md", ABOUT_CATS)
    index_text(reports, "dogs.md", "Dogs bark at strangers.")
    html = "<head><title>Owls</title><meta name=author content='Ottoline Hoot'></head><p>They hunt at night."
    owls = index_text(reports, "birds.html", html)

    assert (document.about, owls.about) == ("Zephyrine Quill · Pets Weekly", "Owls · Ottoline Hoot")
    assert document.chunks.get().text == "Cats purr when they are content."
    assert found_by("zephyrine", reports) == ["cats.md"]
    assert found_by("ottoline", reports) == ["birds.html"]


def test_every_chunk_of_a_long_document_is_found_by_it(reports):
    document = index_text(reports, "cats.md", f"---\nauthor: Zephyrine Quill\n---\n{LONG}")

    assert found_by("zephyrine", reports) == ["cats.md"] * document.chunks.count()


@pytest.mark.parametrize(("now", "about"), [("---\nauthor: Bo\n---\nDogs bark.", "Bo"), ("Dogs bark.", "")])
def test_indexing_again_replaces_what_a_file_says_of_itself(reports, now: str, about: str):
    document = index_text(reports, "cats.md", ABOUT_CATS)
    # As if a later parser read something else in the same bytes.
    OriginalPart.objects.filter(document=document).update(content=now.encode())

    index_again(document)
    work_once(indexing_options())

    document.refresh_from_db()
    assert (document.status, document.about, found_by("zephyrine", reports)) == (Status.READY, about, [])


def test_a_file_that_says_something_of_itself_and_nothing_else_has_no_text(reports):
    document = upload_text(reports, "cats.md", "---\ntitle: On cats\n---\n")

    work_once(indexing_options())

    document.refresh_from_db()
    assert (document.status, document.error_code, document.error) == (
        Status.FAILED,
        "no_text",
        "No text was found in the file.",
    )
