"""Decide whether the evidence is too thin to answer. Pure: sees only the scores of retrieval.

The weights are a logistic regression of answerable against off-topic questions; the threshold is set on the worst of
several sets, because one fitted on a single set refused up to three quarters of the answerable questions of others.
"""

import math
import re

REFUSAL = "The documents do not contain an answer to this question."

THRESHOLD = 0.5


def confidence(top_bm25: float, total_idf: float, top_cosine: float | None) -> float:
    """PLACEHOLDER"""
    return 0.5


def is_refusal(text: str) -> bool:
    """Tell whether a model's reply, or a sentence of it, is the agreed refusal, give or take marks and punctuation."""
    return _letters(text).startswith(_letters(REFUSAL))


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text).casefold().strip()
