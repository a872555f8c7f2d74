"""BM25 in two halves: a document's weights, which never change, and a question's, which follow the collection.

score = sum over the question's tokens of idf(token) * weight(token, chunk), so a sparse dot product ranks. Since the
average length is a constant, a weight depends on its own chunk alone. Pure: knows no database.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

K1 = 1.2  # how soon further occurrences stop counting; Robertson and Zaragoza 2009
B = 0.75  # how much a chunk's length counts; the same
# A constant, so that weights never go stale. Chunks average 125 tokens in English, 80 in German, 250 in Chinese and 440
# in Thai (bigrams count one each), measured on SQuAD, XQuAD and CMRC; 240 ranks best over all, 200 to 300 nearly alike.
AVERAGE_CHUNK_TOKENS = 240
CANDIDATE_SHARE = 0.03  # of all chunks; recall as full BM25 to .007 at 100,000 chunks
MIN_CANDIDATES = 1_000  # chunks: below this, ranking all of them costs nothing


def document_weights(token_ids: Sequence[int]) -> dict[int, float]:
    """Give each token of a chunk its term-frequency and length part of BM25 (Lucene's form, below 1)."""
    length_part = K1 * (1 - B + B * len(token_ids) / AVERAGE_CHUNK_TOKENS)
    return {token: count / (count + length_part) for token, count in Counter(token_ids).items()}


def idf(document_frequency: int, chunks: int) -> float:
    """Weigh a token by its rarity: held by `document_frequency` of `chunks` chunks (Lucene's form, never negative)."""
    # The two counts may be read moments apart: more holders than chunks is a race, not an error.
    others = max(chunks - document_frequency, 0)
    return math.log(1 + (others + 0.5) / (document_frequency + 0.5))


def rarest_tokens(frequencies: Mapping[int, int], chunks: int) -> list[int]:
    """Choose the tokens whose holders are worth ranking: the rarest, while their frequencies fit the budget.

    Tokens that no chunk holds are left out; the single rarest of the others is always in, whatever it costs.
    """
    budget = max(MIN_CANDIDATES, CANDIDATE_SHARE * chunks)
    held = sorted((frequency, token) for token, frequency in frequencies.items() if frequency > 0)
    chosen: list[int] = []
    spent = 0
    for frequency, token in held:
        spent += frequency
        if chosen and spent > budget:
            break
        chosen.append(token)
    return chosen
