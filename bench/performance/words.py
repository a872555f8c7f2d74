"""Texts of made-up words, as often as words are in real texts. Pure: knows no model and no database.

Words follow Zipf's law as Mandelbrot bent it: the r-th most frequent of them occurs in proportion to 1 / (r +
2.7)^1.07, which fits English (Mandelbrot 1953; Piantadosi 2014). A chunk has 125 tokens, as English ones have
(documents/bm25.py).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

VOCABULARY = 200_000
EXPONENT, SHIFT = 1.07, 2.7
CHUNK_TOKENS, SPREAD = 125, 30  # mean and deviation
QUESTION_WORDS = (3, 8)  # of a question that have a meaning; SQuAD's have five in the middle
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aou"]
BLOCK = 10_000  # chunks made at a time


def word(number: int) -> str:
    """A word that is its own token: its ending is none that a stemmer takes off."""
    spelt = ""
    for _ in range(4):
        number, syllable = divmod(number, len(SYLLABLES))
        spelt += SYLLABLES[syllable]
    return spelt + "x"


def chunk_words(chunks: int, seed: int = 2) -> Iterator[list[NDArray[np.int64]]]:
    """The numbers of each chunk's words, a block of chunks at a time. The first 100 are the words that say nothing."""
    random = np.random.default_rng(seed)
    ranks = np.arange(VOCABULARY)
    cumulated = np.cumsum(1 / (ranks + 1 + SHIFT) ** EXPONENT)
    for begun in range(0, chunks, BLOCK):
        lengths = np.clip(random.normal(CHUNK_TOKENS, SPREAD, min(BLOCK, chunks - begun)), 20, 240).astype(int)
        drawn = np.searchsorted(cumulated, random.random(lengths.sum()) * cumulated[-1])
        yield np.split(drawn, np.cumsum(lengths)[:-1])


def question_words(about: NDArray[np.int64], random: np.random.Generator) -> list[int]:
    """The words of a question about a chunk: some of its own, each equally likely, and one that it may not have."""
    own = np.unique(about)
    length = int(random.integers(QUESTION_WORDS[0], QUESTION_WORDS[1]))
    picked = random.choice(own, min(length, len(own)), replace=False)
    return [*map(int, picked), int(random.integers(0, 5_000))]
