"""How near sentences are to a question under the local model. Knows nothing of where passages come from.

Where the index keeps the passages' tokens nothing is embedded; else each sentence is: half a second of work.
"""

from collections.abc import Sequence

from answers.extraction import ExtractedSentence, Similarity
from answers.late_interaction import token_weights
from answers.passages import Passage
from answers.retrieval import Retrieved, SemanticQuestion
from answers.sentence_matching import AskedTokens, PassageTokens
from documents.embedding.base import TokenEmbedder
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.embedding.token_signs import project, unpack_signs
from documents.models import Embedding


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
    weights = token_weights(found.question, found.semantic.tokens.spans, found.idf, found.semantic.trust)
    asked = AskedTokens(found.semantic.tokens, weights, project(found.semantic.vector[None])[0])
    read = [
        PassageTokens(asked, unpack_signs(signs[passage.chunk_id]), embedder.token_spans(passage.text))
        for passage in passages
    ]

    def similarity(sentences: Sequence[ExtractedSentence]) -> list[float]:
        near: dict[ExtractedSentence, float] = {}
        for index, (tokens, passage) in enumerate(zip(read, passages, strict=True)):
            its = [sentence for sentence in sentences if sentence.passage == index]
            spans = [(sentence.start - passage.start, sentence.end - passage.start) for sentence in its]
            near |= dict(zip(its, tokens.nearness(spans), strict=True))
        return [near[sentence] for sentence in sentences]

    return similarity


def by_embedding(question: SemanticQuestion) -> Similarity:
    """Each sentence's cosine to the question."""

    def similarity(sentences: Sequence[ExtractedSentence]) -> list[float]:
        vectors = embedder_for(LOCAL_MODEL).embed_passages([sentence.text for sentence in sentences])
        return [float(cosine) for cosine in vectors @ question.vector]

    return similarity
