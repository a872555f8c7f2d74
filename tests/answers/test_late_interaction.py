import numpy as np
import pytest

from answers.late_interaction import late_scores, token_weights
from documents.embedding.choice import embedder_for
from documents.tokens import question_tokens

QUESTION = "Who built the tower?"
#        [CLS]   who     built    the       tower     ?         [SEP]
SPANS = [(0, 0), (0, 3), (4, 9), (10, 13), (14, 19), (19, 20), (0, 0)]


@pytest.fixture(scope="module")
def embedder():
    return embedder_for("all-MiniLM-L6-v2")


def test_half_of_the_weight_goes_by_rarity_and_half_to_every_token_alike():
    weights = token_weights(QUESTION, SPANS, {"built": 1.0, "tower": 16.0})

    # 16 to the power of ¾ is 8: of the half that goes by rarity "tower" takes 8 of 9 parts.
    assert weights == pytest.approx([1 / 14, 1 / 14, 1 / 14 + 1 / 18, 1 / 14, 1 / 14 + 8 / 18, 1 / 14, 1 / 14])


def test_in_a_language_the_model_does_not_speak_only_words_count():
    weights = token_weights(QUESTION, SPANS, {"built": 1.0, "tower": 16.0}, trust=0.5)

    assert weights == pytest.approx([0, 0, 1 / 9, 0, 8 / 9, 0, 0])


def test_every_piece_of_a_word_counts_as_the_word():
    weights = token_weights("Zygomorphic flowers", [(0, 4), (4, 11), (12, 19)], {"zygomorph": 1.0, "flower": 16.0})

    assert weights == pytest.approx([1 / 6 + 1 / 20, 1 / 6 + 1 / 20, 1 / 6 + 8 / 20])


@pytest.mark.parametrize("question", ["", "of the"])
def test_tokens_count_alike_where_no_word_counts(question):
    assert token_weights(question, [(0, 0), (0, 0)], {}).tolist() == [0.5, 0.5]


def test_the_passage_whose_words_match_scores_highest(embedder):
    question = embedder.embed_question_tokens("Who designed the tower in Paris?")
    texts = [
        "The tower in Paris was designed by Maurice Koechlin.",
        "The tower of London holds the jewels.",
        "Cats purr.",
    ]
    _, signs = embedder.embed_passages_and_tokens(texts)
    idf = dict.fromkeys(question_tokens("Who designed the tower in Paris?"), 1.0)
    weights = token_weights("Who designed the tower in Paris?", question.spans, idf)
    scores = late_scores(question, weights, dict(enumerate(signs)))

    assert sorted(scores, key=lambda passage: -scores[passage]) == [0, 1, 2]
    assert all(0 < score < 1 for score in scores.values())


def test_a_passage_scores_the_same_whatever_stands_beside_it(embedder):
    question = embedder.embed_question_tokens("How tall is it?")
    _, signs = embedder.embed_passages_and_tokens(["It is 330 metres tall.", "Yes.", "Beat the eggs with sugar."])
    weights = np.full(len(question.spans), 1 / len(question.spans), np.float32)

    together = late_scores(question, weights, dict(enumerate(signs)))
    alone = {n: late_scores(question, weights, {n: one})[n] for n, one in enumerate(signs)}

    assert together == pytest.approx(alone)


def test_no_passages_have_no_scores(embedder):
    question = embedder.embed_question_tokens("anything")

    assert late_scores(question, np.full(3, 1 / 3, np.float32), {}) == {}
