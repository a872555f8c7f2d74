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

RARITY_POWER = 0.75  # 0.5 to 1 differ by less than .005
EVERY_TOKEN = 0.5  # share of the weight that goes to all tokens alike: +.007 of evidence@1 on SQuAD over rarity alone

Array = NDArray[np.float32]


def token_weights(
    question: str, spans: Sequence[tuple[int, int]], idf: Mapping[str, float], trust: float = 1.0
) -> Array:
    """How much each token of a question counts, adding up to 1: (tokens,).

    Half of it goes by the rarity of a token's word, where stop words count nothing, and half to every token alike: stop
    words and the special tokens hold what the whole question is about. Not in a language that the model does not speak
    (`trust` below 1): there only the words themselves can match.
    """
    every = EVERY_TOKEN if trust == 1.0 else 0.0
    words = [(start, end, word_weight(word, idf) ** RARITY_POWER) for start, end, word in content_spans(question)]
    rarity = np.array([next((weight for a, b, weight in words if start < b and end > a), 0.0) for start, end in spans])
    alike = np.full(len(spans), 1 / len(spans))
    if rarity.sum() <= 0:
        return alike.astype(np.float32)
    return np.asarray(every * alike + (1 - every) * rarity / rarity.sum(), np.float32)


def late_scores(question: QuestionTokens, weights: Array, passages: Mapping[int, bytes]) -> dict[int, float]:
    """Each passage's score, about 0 to 1: the weighted mean of its best match for each token of the question."""
    if not passages:
        return {}
    counting = weights > 0
    scores = best_matches(question.tokens[counting], list(passages.values())) @ weights[counting]
    return dict(zip(passages, map(float, scores), strict=True))
