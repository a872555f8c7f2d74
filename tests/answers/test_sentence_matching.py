import numpy as np
import pytest

from answers.sentence_matching import AskedTokens, PassageTokens
from documents.embedding.base import QuestionTokens

ACROSS, UP, DEPTH = np.eye(3, dtype=np.float32)


def asked(*tokens, weights=None):
    rows = np.stack(tokens)
    direction = rows.sum(axis=0) / np.linalg.norm(rows.sum(axis=0))
    counting = np.full(len(tokens), 1 / len(tokens), np.float32) if weights is None else np.array(weights, np.float32)
    return AskedTokens(QuestionTokens(direction, rows, ((0, 0),) * len(tokens)), counting, direction)


def nearness(question, tokens, sentences):
    spans = [(index, index + 1) for index in range(len(tokens))]
    return PassageTokens(question, np.stack(tokens), spans).nearness(sentences)


def test_the_sentence_with_the_matching_token_is_nearer():
    scores = nearness(asked(ACROSS), [UP, ACROSS, DEPTH], [(0, 1), (1, 2), (2, 3)])

    assert max(scores) == scores[1]


def test_a_token_counts_by_its_weight():
    scores = nearness(asked(ACROSS, UP, weights=[0.9, 0.1]), [UP, ACROSS], [(0, 1), (1, 2)])

    assert scores[1] > scores[0]


def test_what_the_sentence_before_holds_counts_for_the_one_after_it():
    after = nearness(asked(ACROSS, UP), [ACROSS, UP, DEPTH], [(0, 1), (1, 2), (2, 3)])
    alone = nearness(asked(ACROSS, UP), [ACROSS, UP, DEPTH], [(1, 2)])

    assert after[1] > alone[0]


def test_only_the_sentence_just_before_counts():
    near = nearness(asked(ACROSS), [ACROSS, UP, DEPTH], [(0, 1), (1, 2), (2, 3)])

    assert near[1] > near[2]


def test_a_sentence_without_tokens_is_no_nearer_than_nothing():
    # A chunk may be longer than what the model reads: the rest has no tokens.
    assert nearness(asked(ACROSS), [ACROSS], [(0, 1), (40, 50)])[1] == 0.0


def test_a_better_passage_brings_its_sentences_forward():
    good = nearness(asked(ACROSS, UP), [ACROSS, UP, DEPTH], [(2, 3)])
    poor = nearness(asked(ACROSS, UP), [ACROSS, DEPTH, DEPTH], [(2, 3)])

    assert good[0] == pytest.approx(poor[0] + 2.0)  # half of the question's weight, four times
