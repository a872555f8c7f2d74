"""Decide whether the evidence is too thin to answer. Pure: sees only the scores of retrieval.

Logistic regressions of answerable against off-topic questions, one for each kind of scores there are. With late
interaction: see its weights. With a cosine: 600 questions of SQuAD, 300 of SciFact, 207 of MultiHop-RAG asked of their
own and of each other's passages, 200 off-topic ones, and corpora of four passages. By words alone: XQuAD in eight
languages. Thresholds are set on the worst set: set on one set alone they refused up to three quarters of the
answerable questions of others.
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
    late: float
    words: float  # a long question is never matched whole, so its share counts for more


# all-MiniLM-L6-v2's cosine: answers 94 to 99 % on every set, refuses 87 to 100 % of off-topic questions.
WITH_COSINE = Weights(intercept=-12.79, bm25=8.19, cosine=23.31, late=0.0, words=0.73)
# Words alone (another script, no model): fitted on XQuAD, where it answers 96 to 99 % and refuses 65 to 99 %.
# English loses more: 88 % answered on corpora of four passages, 38 % of off-topic questions refused on SQuAD.
WITHOUT_COSINE = Weights(intercept=-9.4, bm25=31.9, cosine=0.0, late=0.0, words=2.0)
# With late interaction: fitted on SQuAD's articles, SQuAD 2, SciFact, MultiHop-RAG and filings, each asked its own
# questions, off-topic ones and those of the other sets; each set and each side weighs the same. Near misses were left
# out: scores of retrieval hardly tell them apart (docs/quality.md).
WITH_LATE_INTERACTION = Weights(intercept=-21.2, bm25=7.4, cosine=13.8, late=23.8, words=1.36)


@dataclass(frozen=True)
class Evidence:
    """The best scores among the passages found. None for a cosine or late interaction that is not the local model's."""

    bm25: float
    total_idf: float  # of the question's words: the most that BM25 could reach
    words: float = TYPICAL_WORDS  # of the question, without stop words
    cosine: float | None = None
    late: float | None = None


def confidence(evidence: Evidence) -> float:
    """Tell how sure it is that the passages found hold an answer, 0 to 1; below THRESHOLD it should be refused."""
    weights = WITHOUT_COSINE if evidence.cosine is None else WITH_COSINE
    if evidence.cosine is not None and evidence.late is not None:
        weights = WITH_LATE_INTERACTION
    share = evidence.bm25 / evidence.total_idf if evidence.total_idf > 0 else 0.0
    logit = (
        weights.intercept
        + weights.bm25 * share
        + weights.cosine * (evidence.cosine or 0.0)
        + weights.late * (evidence.late or 0.0)
        + weights.words * math.log1p(evidence.words)
    )
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))


def is_refusal(text: str) -> bool:
    """Tell whether a model's reply, or a sentence of it, is the agreed refusal, give or take marks and punctuation."""
    return _letters(text).startswith(_letters(REFUSAL))


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text).casefold().strip()
