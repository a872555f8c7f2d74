"""Signs of token vectors: packed and unpacked without loss, and compared as a plain loop would."""

import numpy as np
import pytest

from documents.embedding.token_signs import (
    PROJECTION,
    Array,
    best_matches,
    pack_signs,
    project,
    unpack_signs,
    without_ends,
)

LENGTHS = [5, 1, 230, 1, 17]  # tokens of passages


def token_vectors(tokens: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((tokens, 384), dtype=np.float32)


def test_the_projections_columns_are_orthonormal():
    projection = np.load(PROJECTION, allow_pickle=False).astype(np.float64)

    assert projection.shape == (384, 256)
    assert np.abs(projection.T @ projection - np.eye(256)).max() < 1e-2


def test_signs_survive_packing():
    hidden = token_vectors(230)

    packed = pack_signs(hidden)
    unpacked = unpack_signs(packed)

    assert (type(packed), len(packed)) == (bytes, 230 * 32)
    assert (unpacked.shape, unpacked.dtype) == ((230, 256), np.float32)
    assert np.array_equal(unpacked, np.where(project(hidden) > 0, 1 / 16, -1 / 16).astype(np.float32))
    assert np.array_equal(np.packbits(unpacked > 0, axis=1).tobytes(), packed)


@pytest.mark.parametrize("tokens", [1, 3])
def test_projected_tokens_are_of_unit_length(tokens: int):
    projected = project(token_vectors(tokens))

    assert (projected.shape, projected.dtype) == ((tokens, 256), np.float32)
    assert np.allclose(np.linalg.norm(projected, axis=1), 1, atol=1e-6)


def test_a_token_of_zeros_is_nothing_and_not_a_fault():
    nothing = np.zeros((1, 384), dtype=np.float32)

    assert np.array_equal(project(nothing), np.zeros((1, 256)))
    assert pack_signs(nothing) == bytes(32)


def test_best_matches_are_those_of_a_plain_loop():
    question = project(token_vectors(9, seed=1))
    passages = [pack_signs(token_vectors(length, seed=length + 2)) for length in LENGTHS]

    matches = best_matches(question, passages)

    expected = [
        [max(float(token @ other) for other in unpack_signs(packed)) for token in question] for packed in passages
    ]
    assert (matches.shape, matches.dtype) == ((5, 9), np.float32)
    assert np.allclose(matches, expected, atol=1e-5)


def test_a_question_and_a_passage_of_one_token_each_are_one_number():
    hidden = token_vectors(1)

    [[match]] = best_matches(project(hidden), [pack_signs(hidden)])

    assert match == pytest.approx(float(np.abs(project(hidden)).sum() / 16))


def test_a_passage_of_the_questions_own_tokens_matches_best():
    hidden = token_vectors(6)
    passages = [pack_signs(token_vectors(40, seed=1)), pack_signs(hidden), pack_signs(token_vectors(1, seed=2))]

    assert best_matches(project(hidden), passages).argmax(axis=0).tolist() == [1] * 6


def test_similarity_over_signs_is_graded_as_that_of_numbers():
    one, noise = token_vectors(500), token_vectors(500, seed=1)
    share = np.linspace(0, 1, 500, dtype=np.float32)[:, None]  # from another token to the same
    other = share * one + (1 - share) * noise

    numbers = (project(one) * project(other)).sum(axis=1)
    signs = (project(one) * unpack_signs(pack_signs(other))).sum(axis=1)

    assert np.corrcoef(numbers, signs)[0, 1] > 0.98


def test_a_text_without_its_ends_keeps_the_tokens_between():
    hidden = token_vectors(5)

    assert without_ends(pack_signs(hidden)) == pack_signs(hidden[1:4])
    assert without_ends(pack_signs(hidden[:2])) == b""
