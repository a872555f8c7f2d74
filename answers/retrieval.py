"""Find the passages that may answer a question: two legs inside one scope, fused.

Knows nothing of models that write, of conversations or of who asks: the scope holds what may be read.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from answers.content_words import content_words, count_words, total_weight
from answers.fusion import Candidate, Fused, fuse, name_match, name_without_extension, semantic_trust
from answers.passages import Passage
from answers.refusal import confidence
from answers.timing import Stopwatch
from documents.embedding.base import Embedder, EmbedderUnavailable
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.lexical_index import LexicalQuestion, lexical_scores, search_lexical, weigh_question
from documents.models import Chunk, EmbeddingIndex, Page
from documents.scope import Scope
from documents.tokens import question_tokens, token_id, tokenize
from documents.vector_index.pgvector import PgVectorIndex
from qabot.provider import ProviderError

CANDIDATES = 100  # chunks taken from each leg; more brought nothing on the public sets
PASSAGES = 50  # best fused candidates that are loaded, shown in the inspector and read from

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retrieved:
    """What was found, best first, and how far it can be trusted.

    `idf` maps each of the question's tokens to its weight; `confidence` is 0 to 1. `question_vector` is None where the
    semantic leg did not run, and `notice` then says why if the reader should know.
    """

    passages: tuple[Passage, ...]
    idf: Mapping[str, float]
    confidence: float
    embedding_model: str
    question_vector: NDArray[np.float32] | None
    notice: str = ""


@dataclass(frozen=True)
class SemanticQuestion:
    """A question under the active index."""

    index: PgVectorIndex
    vector: NDArray[np.float32]
    trust: float


def retrieve(question: str, scope: Scope, stopwatch: Stopwatch, keep: int = PASSAGES) -> Retrieved:
    """Retrieve the `keep` best passages of a scope for a question that stands alone; more of them change no score."""
    active = EmbeddingIndex.objects.active()
    tokens = question_tokens(question)
    with stopwatch.stage("embed_question"):
        semantic, notice = understand(question, active)
    with stopwatch.stage("lexical"):
        lexical = weigh_question([token_id(token) for token in tokens], scope)
        chunk_ids = [hit.chunk_id for hit in search_lexical(lexical, CANDIDATES, scope)]
    with stopwatch.stage("semantic"):
        if semantic is not None:
            near = semantic.index.search(semantic.vector, CANDIDATES, scope)
            chunk_ids += [neighbour.chunk_id for neighbour in near]
    idf = {token: lexical.idf[token_id(token)] for token in tokens}
    with stopwatch.stage("fuse"):
        chunks = load_chunks(chunk_ids)
        fused = fuse_legs(chunks, lexical, semantic, name_boosts(chunks, tokens, scope))[:keep]
        labels = Page.objects.labels_of(
            {(chunks[f.chunk_id].document_id, chunks[f.chunk_id].page_number) for f in fused}
        )
    return Retrieved(
        passages=tuple(passage_of(chunks[entry.chunk_id], entry, labels) for entry in fused),
        idf=idf,
        confidence=trust_in(question, fused[:PASSAGES], idf, semantic),
        embedding_model=active.model if active and semantic else "",
        question_vector=semantic.vector if semantic else None,
        notice=notice,
    )


def understand(question: str, active: EmbeddingIndex | None) -> tuple[SemanticQuestion | None, str]:
    """Embed the question under the active index, or say why only its words are searched for."""
    if active is None:
        return None, ""
    trust = semantic_trust(question, multilingual=active.model != LOCAL_MODEL)
    if trust == 0.0:
        return None, ""
    try:
        embedder: Embedder = embedder_for(active.model, active.dimensions)
        return SemanticQuestion(PgVectorIndex(active), embedder.embed_question(question), trust), ""
    except (ProviderError, EmbedderUnavailable) as error:
        log.warning("question not embedded", extra={"reason": type(error).__name__})
        return None, "The embedding model is not available: only the words of the question were searched for."


def load_chunks(chunk_ids: Sequence[int]) -> dict[int, Chunk]:
    """The chunks that still stand, with their documents; in the order in which the legs found them."""
    found = Chunk.objects.select_related("document").defer("tokens", "weights").in_bulk(list(dict.fromkeys(chunk_ids)))
    return {chunk_id: found[chunk_id] for chunk_id in dict.fromkeys(chunk_ids) if chunk_id in found}


def fuse_legs(
    chunks: Mapping[int, Chunk],
    lexical: LexicalQuestion,
    semantic: SemanticQuestion | None,
    boosts: Mapping[int, float],
) -> list[Fused]:
    """Fuse with both legs' true scores for every candidate, whichever leg found it."""
    words = lexical_scores(lexical, list(chunks))
    near = semantic.index.similarities(semantic.vector, list(chunks)) if semantic else {}
    candidates = [
        Candidate(chunk_id, near.get(chunk_id), words.get(chunk_id, 0.0), boosts.get(chunk.document_id, 0.0))
        for chunk_id, chunk in chunks.items()
    ]
    return fuse(candidates, semantic.trust if semantic else 0.0)


def name_boosts(chunks: Mapping[int, Chunk], tokens: Sequence[str], scope: Scope) -> dict[int, float]:
    """How strongly the question names each candidate's document, by document id."""
    names = {chunk.document_id: tokenize(name_without_extension(chunk.document.name)) for chunk in chunks.values()}
    words = {token for name in names.values() for token in name}
    weights = weigh_question([token_id(word) for word in words], scope).idf
    idf = {word: weights[token_id(word)] for word in words}
    asked = set(tokens)
    return {document_id: name_match(asked, name, idf) for document_id, name in names.items()}


def trust_in(
    question: str, fused: Sequence[Fused], idf: Mapping[str, float], semantic: SemanticQuestion | None
) -> float:
    """How sure it is that the candidates hold an answer, 0 to 1."""
    if not fused:
        return 0.0
    top_bm25 = max(entry.lexical.score or 0.0 for entry in fused)
    cosines = [entry.semantic.score for entry in fused if entry.semantic.score is not None]
    # The confidence is fitted to the local model's cosines: those of other models are spread otherwise.
    top_cosine = max(cosines) if semantic and semantic.index.index.model == LOCAL_MODEL and cosines else None
    words = content_words(question)
    return confidence(top_bm25, total_weight(words, idf), top_cosine, count_words(words))


def passage_of(chunk: Chunk, fused: Fused, labels: Mapping[tuple[int, int], str]) -> Passage:
    return Passage(
        chunk_id=chunk.pk,
        document_id=chunk.document_id,
        document_name=chunk.document.name,
        collection_id=chunk.collection_id,
        page_number=chunk.page_number,
        page_label=labels.get((chunk.document_id, chunk.page_number), ""),
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        heading_path=tuple(chunk.heading_path),
        semantic=fused.semantic,
        lexical=fused.lexical,
        fused_score=fused.score,
        fused_rank=fused.rank,
    )
