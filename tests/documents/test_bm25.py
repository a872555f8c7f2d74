"""BM25 in two halves adds up to BM25; candidates stay within their budget."""

import math

import pytest

from documents.bm25 import AVERAGE_CHUNK_TOKENS, document_weights, idf, rarest_tokens


def test_a_token_of_a_chunk_of_average_length_weighs_as_bm25_says():
    chunk = [7, 7, 9, *range(100, 97 + AVERAGE_CHUNK_TOKENS)]

    weights = document_weights(chunk)

    assert weights[7] == pytest.approx(2 / (2 + 1.2))
    assert weights[9] == pytest.approx(1 / (1 + 1.2))
    assert len(weights) == AVERAGE_CHUNK_TOKENS - 1


def test_a_token_weighs_less_in_a_longer_chunk():
    short = document_weights([1, 2])[1]
    long = document_weights([1, *range(2, 500)])[1]

    assert short > long > 0


def test_a_chunk_without_tokens_has_no_weights():
    assert document_weights([]) == {}


def test_idf_is_lucenes():
    assert idf(3, 100) == pytest.approx(math.log(1 + 97.5 / 3.5))


def test_idf_falls_with_frequency_and_is_never_negative():
    values = [idf(frequency, 50) for frequency in range(60)]

    assert values == sorted(values, reverse=True)
    assert min(values) >= 0


def test_the_rarest_tokens_are_chosen_while_they_fit_the_budget():
    frequencies = {1: 40_000, 2: 900, 3: 5, 4: 2_000, 5: 200}

    assert rarest_tokens(frequencies, chunks=100_000) == [3, 5, 2]
    assert rarest_tokens(frequencies, chunks=1_000_000) == [3, 5, 2, 4]


def test_a_small_collection_ranks_every_holder():
    assert rarest_tokens({1: 300, 2: 300, 3: 10}, chunks=300) == [3, 1, 2]


def test_the_single_rarest_token_is_chosen_whatever_it_costs():
    assert rarest_tokens({8: 90_000, 9: 95_000}, chunks=100_000) == [8]


def test_tokens_that_no_chunk_holds_are_left_out():
    assert rarest_tokens({1: 0, 2: 4}, chunks=10) == [2]
    assert rarest_tokens({1: 0}, chunks=10) == []
    assert rarest_tokens({}, chunks=0) == []
