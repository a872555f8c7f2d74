"""How near sentences are to a question under the local model. Knows nothing of where passages come from.

Where the index keeps the passages' tokens nothing is embedded: a sentence is compared word by word, by the tokens that
it has in its passage, and so by what it means there. Else each sentence is embedded by itself: half a second of work.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from answers.extraction import ExtractedSentence, Similarity
from answers.late_interaction import token_weights
from answers.passages import Passage
from answers.retrieval import Retrieved, SemanticQuestion
from documents.embedding.base import TokenEmbedder
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.embedding.token_signs import unpack_signs
from documents.models import Embedding

# In the units of a sentence's score; chosen on SQuAD, where 2 to 4 differ by less than .002 in what is quoted.
COSINE_WEIGHT = 1.0
LATE_WEIGHT = 2.0


def sentence_similarity(found: Retrieved, passages: Sequence[Passage]) -> Similarity | None:
    """How near sentences of these passages are to the question.

    None where only a provider could tell: quoting must not wait for one.
    """
    if found.semantic is None or found.embedding_model != LOCAL_MODEL:
        return None
    signs = Embedding.objects.token_signs_of(found.semantic.index.index, [passage.chunk_id for passage in passages])
    embedder = embedder_for(LOCAL_MODEL)
    if found.semantic.tokens is None or not isinstance(embedder, TokenEmbedder) or len(signs) < len(passages):
        return by_embedding(found.semantic)
    weights = token_weights(found.question, found.semantic.tokens.spans, found.idf)
    matches = [found.semantic.tokens.tokens @ unpack_signs(signs[passage.chunk_id]).T for passage in passages]
    spans = [embedder.token_spans(passage.text) for passage in passages]

    def similarity(sentences: Sequence[ExtractedSentence]) -> list[float]:
        return [
            LATE_WEIGHT
            * best_match(weights, matches[one.passage], spans[one.passage], one, passages[one.passage].start)
            for one in sentences
        ]

    return similarity


def by_embedding(question: SemanticQuestion) -> Similarity:
    """Each sentence's cosine to the question."""

    def similarity(sentences: Sequence[ExtractedSentence]) -> list[float]:
        vectors = embedder_for(LOCAL_MODEL).embed_passages([sentence.text for sentence in sentences])
        return [COSINE_WEIGHT * float(cosine) for cosine in vectors @ question.vector]

    return similarity


def best_match(
    weights: NDArray[np.float32],
    matches: NDArray[np.float32],
    spans: Sequence[tuple[int, int]],
    sentence: ExtractedSentence,
    offset: int,
) -> float:
    """The weighted mean of the best match of each of the question's tokens within one sentence; 0 without tokens.

    `matches` compares the question's tokens with the passage's, (m, n or more); `spans` are the passage's n tokens.
    """
    start, end = sentence.start - offset, sentence.end - offset
    within = [index for index, (a, b) in enumerate(spans) if a < b and a < end and b > start]
    return float(weights @ matches[:, within].max(axis=1)) if within else 0.0
