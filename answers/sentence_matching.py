"""Compare the sentences of a passage with a question by the tokens that the index keeps. Pure: vectors in, scores out.

A sentence is compared by the tokens it has in its passage, and so by what it means there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from documents.embedding.base import QuestionTokens

# In the units of a sentence's score; chosen on half of SQuAD's questions, kept on the other half and on SQuAD 2.
LATE_WEIGHT = 2.5  # match word by word
COSINE_WEIGHT = 2.5  # cosine of the sentence's mean token
PASSAGE_WEIGHT = 4.0  # match of the whole passage
BEFORE_WEIGHT = 0.85  # of a word that only the sentence before holds: "it" and "they" speak of that one

Array = NDArray[np.float32]


@dataclass(frozen=True)
class AskedTokens:
    """A question: its tokens, how much each counts, and its direction among the tokens, (256,)."""

    tokens: QuestionTokens
    weights: Array
    direction: Array


class PassageTokens:
    """A passage's n tokens of unit length, (n, 256), each with the characters from start to end that it stands for."""

    def __init__(self, asked: AskedTokens, tokens: Array, spans: Sequence[tuple[int, int]]) -> None:
        self._asked, self._tokens, self._spans = asked, tokens, spans
        self._matches = asked.tokens.tokens @ tokens.T

    def nearness(self, sentences: Sequence[tuple[int, int]]) -> list[float]:
        """How near each sentence is to the question, 0 without tokens: (start, end) within the passage, in order."""
        whole = PASSAGE_WEIGHT * float(self._asked.weights @ self._matches.max(axis=1))
        before: Array | None = None
        scores: list[float] = []
        for start, end in sentences:
            within = [index for index, (a, b) in enumerate(self._spans) if a < b and a < end and b > start]
            if not within:
                scores.append(0.0)
                continue
            matches = self._matches[:, within].max(axis=1)
            known = matches if before is None else np.maximum(matches, BEFORE_WEIGHT * before)
            before = matches
            late = float(self._asked.weights @ known)
            scores.append(whole + LATE_WEIGHT * late + COSINE_WEIGHT * self._cosine(within))
        return scores

    def _cosine(self, within: Sequence[int]) -> float:
        mean = self._tokens[within].mean(axis=0)
        return float(self._asked.direction @ mean / max(float(np.linalg.norm(mean)), 1e-9))
