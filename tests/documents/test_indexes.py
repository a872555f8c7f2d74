"""The vector index and the lexical index: inside the scope, exact and approximate, with true scores."""

import math

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.bm25 import idf
from documents.embedding.choice import embedder_for
from documents.lexical_index import LexicalQuestion, lexical_scores, search_lexical, weigh_question
from documents.models import Chunk, Document, EmbeddingIndex
from documents.scope import Scope
from documents.tokens import question_tokens, token_id
from documents.vector_index.pgvector import PgVectorIndex
from tests.library import index_text, make_collection

ANIMALS = ["Cats purr when they are content.", "Dogs bark at strangers.", "Whales sing under water.", "Bees dance."]


@pytest.fixture
def animals(db):
    reports, other = make_collection(), make_collection("other")
    for number, text in enumerate(ANIMALS):
        index_text(reports, f"{number}.txt", text)
    index_text(other, "other.txt", "Cats purr in the other collection.")
    return reports, other


def scope_of(*collections, documents=None) -> Scope:
    ids = tuple(collection.pk for collection in collections)
    return Scope(ids, documents, Document.objects.chunks_visible(ids))


@pytest.mark.parametrize(
    ("chunks", "of_chunks", "compared"),
    [
        (5_000, 5_000, True),
        (5_001, 5_001, False),
        (10_000, 20_000, True),
        (10_001, 20_000, False),
        (50_000, 500_000, True),
        (50_001, 1_000_000, False),
        (50_000, 0, True),
    ],
    ids=["all", "too many of all", "half", "too many of half", "a tenth", "too many", "of who knows how many"],
)
def test_all_of_a_scope_is_compared_where_the_graph_would_be_worse(animals, chunks, of_chunks, compared):
    reports, _ = animals
    index = PgVectorIndex(EmbeddingIndex.objects.get())

    with CaptureQueriesContext(connection) as asked:
        index.search(question_vector("cats"), 1, Scope((reports.pk,), None, chunks, of_chunks))

    assert ("hnsw" not in asked[-1]["sql"]) == compared


@pytest.mark.parametrize(
    ("chunks", "of_chunks", "dimensions", "candidates"),
    [
        (60_000, 60_000, 384, 200),
        (60_000, 120_000, 384, 400),
        (60_000, 120_000, 1_536, 600),
        (60_000, 300_000, 384, 1_000),
        (60_001, 400_000, 384, 1_000),
        (1_000_000, 1_000_000, 384, 400),
        (500_000, 1_000_000, 384, 800),
        (60_000, 0, 384, 200),
        (60_001, 60_000, 384, 200),
    ],
    ids=[
        "all",
        "half",
        "half, wide",
        "a fifth",
        "a smaller part",
        "all of a million",
        "half of a million",
        "of who knows how many",
        "counted moments apart",
    ],
)
def test_the_graph_keeps_more_candidates_for_a_smaller_part(animals, chunks, of_chunks, dimensions, candidates):
    reports, _ = animals
    index = PgVectorIndex(EmbeddingIndex(pk=0, dimensions=dimensions))

    with CaptureQueriesContext(connection) as asked:
        index.search(np.ones(dimensions, np.float32), 100, Scope((reports.pk,), None, chunks, of_chunks))

    assert f"SET LOCAL hnsw.ef_search = {candidates};" in asked[-1]["sql"]


@pytest.mark.parametrize(("exact_up_to", "by_graph"), [(2, False), (0, True)])
def test_only_an_approximate_search_goes_through_the_graph(animals, exact_up_to, by_graph):
    reports, _ = animals
    index = PgVectorIndex(EmbeddingIndex.objects.get(), exact_up_to)
    with CaptureQueriesContext(connection) as asked:
        index.search(question_vector("cats"), 1, Scope((reports.pk,), None, 2, 2))

    *_, search = asked[-1]["sql"].split(";")
    with connection.cursor() as cursor:
        # Whatever could be read in order, is.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {search}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert (index.name in plan) == by_graph


def test_a_scope_knows_of_how_many_chunks_it_is(animals):
    reports, _ = animals

    assert Document.objects.chunks_visible_of([reports.pk]) == (len(ANIMALS), len(ANIMALS) + 1)
    assert Document.objects.chunks_visible_of([]) == (0, len(ANIMALS) + 1)


def question_vector(text: str):
    return embedder_for("all-MiniLM-L6-v2").embed_question(text)


def texts(ids) -> list[str]:
    chunk_ids = list(ids)
    found = Chunk.objects.in_bulk(chunk_ids)
    return [found[chunk_id].text for chunk_id in chunk_ids]


@pytest.mark.parametrize("exact_up_to", [10_000, 0])
def test_the_nearest_chunks_come_from_the_scope_alone(animals, exact_up_to):
    reports, other = animals
    index = PgVectorIndex(EmbeddingIndex.objects.get(), exact_up_to)

    near = index.search(question_vector("Which animal purrs?"), 10, scope_of(reports))

    assert texts([neighbour.chunk_id for neighbour in near])[0] == ANIMALS[0]
    assert len(near) == len(ANIMALS)
    assert [n.similarity for n in near] == sorted((n.similarity for n in near), reverse=True)
    assert index.search(question_vector("Which animal purrs?"), 10, scope_of()) == []
    assert len(index.search(question_vector("Which animal purrs?"), 10, scope_of(reports, other))) == len(ANIMALS) + 1


@pytest.mark.django_db(transaction=True)
def test_a_search_is_one_request_and_its_settings_end_with_it(django_assert_num_queries):
    reports = make_collection()
    index_text(reports, "0.txt", ANIMALS[0])
    index = PgVectorIndex(EmbeddingIndex.objects.get(), exact_up_to=0)
    question, scope = question_vector("Which animal purrs?"), scope_of(reports)

    with django_assert_num_queries(1):
        near = index.search(question, 10, scope)

    assert len(near) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_seqscan'), current_setting('hnsw.iterative_scan')")
        assert cursor.fetchone() == ("on", "off")


def test_a_scope_of_documents_narrows_both_legs(animals):
    reports, _ = animals
    dogs = Document.objects.get(name="1.txt")
    scope = scope_of(reports, documents=(dogs.pk,))
    tokens = [token_id(token) for token in question_tokens("Do cats purr or dogs bark?")]

    near = PgVectorIndex(EmbeddingIndex.objects.get()).search(question_vector("purring cats"), 10, scope)
    hits = search_lexical(weigh_question(tokens, scope), 10, scope)

    assert texts(neighbour.chunk_id for neighbour in near) == [ANIMALS[1]]
    assert texts(hit.chunk_id for hit in hits) == [ANIMALS[1]]


def test_similarities_are_the_true_cosines(animals):
    vector = question_vector("Which animal purrs?")
    chunk = Chunk.objects.get(text=ANIMALS[2])

    found = PgVectorIndex(EmbeddingIndex.objects.get()).similarities(vector, [chunk.pk])

    expected = float(embedder_for("all-MiniLM-L6-v2").embed_passages([ANIMALS[2]])[0] @ np.asarray(vector))
    assert found == {chunk.pk: pytest.approx(expected, abs=2e-3)}  # half floats


def test_lexical_scores_are_bm25_with_the_scopes_own_frequencies(animals):
    reports, _ = animals
    scope = scope_of(reports)
    tokens = [token_id(token) for token in question_tokens("purr")]
    question = weigh_question(tokens, scope)

    hits = search_lexical(question, 10, scope)

    assert texts(hit.chunk_id for hit in hits) == [ANIMALS[0]]
    chunk = Chunk.objects.get(pk=hits[0].chunk_id)
    weights = dict(zip(chunk.weights.indices(), chunk.weights.values(), strict=True))
    expected = sum(idf(1, 4) * weights.get(token - 1, 0.0) for token in set(tokens))
    assert hits[0].score == pytest.approx(expected, rel=1e-4)
    assert lexical_scores(question, [chunk.pk]) == {chunk.pk: pytest.approx(expected, rel=1e-4)}
    assert math.isclose(hits[0].score, lexical_scores(question, [chunk.pk])[chunk.pk], rel_tol=1e-6)


def test_words_that_no_chunk_holds_find_nothing(animals):
    reports, _ = animals
    scope = scope_of(reports)

    assert search_lexical(weigh_question([token_id("zeppelin")], scope), 10, scope) == []
    assert search_lexical(weigh_question([], scope), 10, scope) == []


def test_a_token_of_a_small_number_is_looked_up_like_any_other(animals):
    reports, _ = animals

    assert search_lexical(LexicalQuestion({7: 1.0}, candidates=(7,)), 5, scope_of(reports)) == []
