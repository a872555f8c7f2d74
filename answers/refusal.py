"""Decide whether the evidence is too thin to answer. Pure: sees only the scores of retrieval.

A logistic regression of answerable against off-topic questions: 600 of SQuAD's, 300 of SciFact's, 207 of MultiHop-RAG's
asked of their own and of each other's passages, 200 off-topic ones, and corpora of four passages; without a cosine
XQuAD in eight languages. The threshold is set on the worst set, where 93 % of the answerable questions are answered:
set on one set alone it refused up to three quarters of the answerable questions of others.
"""

import math
import re
from dataclasses import dataclass

REFUSAL = "The documents do not contain an answer to this question."

THRESHOLD = 0.5  # the intercepts below are shifted so that this holds with and without a cosine
TYPICAL_WORDS = 6.0  # the median question of SQuAD, without stop words


@dataclass(frozen=True)
class Weights:
    """A logistic's weights: of BM25's share of its maximum, of the cosine, of the logarithm of the words asked."""

    intercept: float
    bm25: float
    cosine: float
    words: float  # a long question is never matched whole, so its share counts for more


# all-MiniLM-L6-v2's cosine: answers 94 to 99 % on every set, refuses 87 to 100 % of off-topic questions.
WITH_COSINE = Weights(intercept=-12.79, bm25=8.19, cosine=23.31, words=0.73)
# Words alone (another script, no model): fitted on XQuAD, where it answers 96 to 99 % and refuses 65 to 99 %.
# English loses more: 88 % answered on corpora of four passages, 38 % of off-topic questions refused on SQuAD.
WITHOUT_COSINE = Weights(intercept=-9.4, bm25=31.9, cosine=0.0, words=2.0)


def confidence(
    top_bm25: float, total_idf: float, top_cosine: float | None, question_words: float = TYPICAL_WORDS
) -> float:
    """Tell how sure it is that the passages found hold an answer, 0 to 1; below THRESHOLD it should be refused.

    `top_bm25` is the best passage's score, `total_idf` the question's `total_weight`, `question_words` its
    `count_words`. Pass a cosine of the local model only: other models spread theirs otherwise.
    """
    weights = WITHOUT_COSINE if top_cosine is None else WITH_COSINE
    share = top_bm25 / total_idf if total_idf > 0 else 0.0
    evidence = weights.bm25 * share + weights.cosine * (top_cosine or 0.0) + weights.words * math.log1p(question_words)
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, weights.intercept + evidence))))


def is_refusal(text: str) -> bool:
    """Tell whether a model's reply, or a sentence of it, is the agreed refusal, give or take marks and punctuation."""
    return _letters(text).startswith(_letters(REFUSAL))


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text).casefold().strip()
