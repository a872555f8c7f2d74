"""Find the passages that may answer a question: two legs inside one scope, fused.

Knows nothing of models that write, of conversations or of who asks: the scope holds what may be read.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from answers.content_words import content_words, count_words, total_weight
from answers.fusion import (
    Candidate,
    Fused,
    LegScores,
    fuse,
    name_match,
    name_without_extension,
    rerank,
    semantic_trust,
)
from answers.late_interaction import late_scores, token_weights
from answers.passages import Passage
from answers.refusal import Evidence, confidence
from answers.sub_questions import split_question
from answers.timing import Stopwatch
from documents.embedding.base import Embedder, EmbedderUnavailable, QuestionTokens, TokenEmbedder
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL
from documents.lexical_index import LexicalQuestion, lexical_scores, search_lexical, weigh_question
from documents.models import Chunk, Embedding, Page
from documents.querysets import FoundChunk
from documents.scope import Scope
from documents.tokens import question_tokens, token_id, tokenize
from documents.vector_index.base import VectorIndex, VectorIndexUnavailable
from documents.vector_index.choice import active_vector_index
from qabot.provider import ProviderError

CANDIDATES = 100  # chunks taken from each leg; more brought nothing on the public sets
PART_CANDIDATES = 20  # chunks taken from each leg for each part of the question
PASSAGES = 50  # best fused candidates that are loaded, reranked, shown in the inspector and read from

NOT_EMBEDDED = "The embedding model is not available: only the words of the question were searched for."
ENGINE_AWAY = "The vector engine is not available: passages were found by the words of the question alone."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retrieved:
    """What was found, best first, and how far it can be trusted.

    `idf` maps each of the question's tokens to its weight; `confidence` is 0 to 1. `semantic` is None where that leg
    did not run, and `notice` then says why if the reader should know.
    """

    question: str
    passages: tuple[Passage, ...]
    idf: Mapping[str, float]
    confidence: float
    embedding_model: str
    semantic: "SemanticQuestion | None"
    notice: str = ""


@dataclass(frozen=True)
class SemanticQuestion:
    """A question, or a part of one, under the active index; `tokens` where the model tells them."""

    index: VectorIndex
    vector: NDArray[np.float32]
    trust: float
    tokens: QuestionTokens | None = None


@dataclass(frozen=True)
class Sought:
    """A question, or a part of one, as both legs look for it."""

    text: str
    lexical: LexicalQuestion
    semantic: SemanticQuestion | None


def retrieve(question: str, scope: Scope, stopwatch: Stopwatch, keep: int = PASSAGES) -> Retrieved:
    """Retrieve the `keep` best passages of a scope for a question that stands alone; more of them change no score."""
    active = active_vector_index()
    tokens = question_tokens(question)
    texts = (question, *split_question(question))
    with stopwatch.stage("embed_question"):
        semantic, notice = understand(texts, active)
    whole, *parts = [
        Sought(text, weigh_question([token_id(token) for token in sought], scope), meaning)
        for text, sought, meaning in zip(texts, (tokens, *map(question_tokens, texts[1:])), semantic, strict=True)
    ]
    candidates, missed = find_candidates(whole, parts, scope, stopwatch)
    chunks = load_chunks(candidates)
    idf = {token: whole.lexical.idf[token_id(token)] for token in tokens}
    with stopwatch.stage("fuse"):
        fused = fuse_legs(chunks, whole, parts, name_boosts(chunks, tokens, scope))
    with stopwatch.stage("rerank"):
        late = match_words(whole, idf, [entry.chunk_id for entry in fused[:PASSAGES]])
        # What answers one part of a question holds few of its words: reranking would put it behind.
        ranked = rerank(fused, {} if parts else late, PASSAGES)[:keep]
        labels = Page.objects.labels_of(
            {(chunks[entry.chunk_id].document_id, chunks[entry.chunk_id].page_number) for entry in ranked}
        )
    return Retrieved(
        question=question,
        passages=tuple(passage_of(chunks[entry.chunk_id], entry, labels) for entry in ranked),
        idf=idf,
        confidence=trust_in(whole, ranked[:PASSAGES], idf, late),
        embedding_model=active.index.model if active and whole.semantic else "",
        semantic=whole.semantic,
        notice=notice or missed,
    )


def understand(texts: Sequence[str], active: VectorIndex | None) -> tuple[list[SemanticQuestion | None], str]:
    """Embed a question and its parts under the active index, or say why only their words are searched for."""
    nothing: list[SemanticQuestion | None] = [None] * len(texts)
    if active is None:
        return nothing, ""
    model = active.index.model
    trust = semantic_trust(texts[0], multilingual=model != LOCAL_MODEL)
    if trust == 0.0:
        return nothing, ""
    try:
        embedder: Embedder = embedder_for(model, active.index.dimensions)
        tokens = embedder.embed_question_tokens(texts[0]) if isinstance(embedder, TokenEmbedder) else None
        known = [] if tokens is None else [tokens.vector]
        vectors = [*known, *embedder.embed_questions(texts[len(known) :])]
        whole, *parts = [SemanticQuestion(active, vector, trust) for vector in vectors]
        return [replace(whole, tokens=tokens), *parts], ""
    except (ProviderError, EmbedderUnavailable) as error:
        log.warning("question not embedded", extra={"reason": type(error).__name__})
        return nothing, NOT_EMBEDDED


def find_candidates(
    whole: Sought, parts: Sequence[Sought], scope: Scope, stopwatch: Stopwatch
) -> tuple[list[int], str]:
    """The chunks that either leg finds for the question or for a part of it, and what the reader should know of it."""
    wanted = [(whole, CANDIDATES), *((part, PART_CANDIDATES) for part in parts)]
    with stopwatch.stage("lexical"):
        found = [hit.chunk_id for sought, k in wanted for hit in search_lexical(sought.lexical, k, scope)]
    try:
        with stopwatch.stage("semantic"):
            for sought, k in wanted:
                if (meaning := sought.semantic) is not None:
                    found += [near.chunk_id for near in meaning.index.search(meaning.vector, k, scope)]
    except VectorIndexUnavailable as error:
        # The words' candidates are compared by meaning all the same: Postgres holds their vectors.
        log.warning("vectors not searched", extra={"reason": str(error)})
        return found, ENGINE_AWAY
    return found, ""


def load_chunks(chunk_ids: Sequence[int]) -> dict[int, FoundChunk]:
    """The chunks that still stand, with their documents' names; in the order in which the legs found them."""
    found = Chunk.objects.found(chunk_ids)
    return {chunk_id: found[chunk_id] for chunk_id in dict.fromkeys(chunk_ids) if chunk_id in found}


def fuse_legs(
    chunks: Mapping[int, FoundChunk], whole: Sought, parts: Sequence[Sought], boosts: Mapping[int, float]
) -> list[Fused]:
    """Fuse with both legs' true scores for every candidate, whichever leg found it."""
    scores = true_scores(whole, chunks)
    part_scores = [true_scores(part, chunks) for part in parts]
    candidates = [
        Candidate(
            chunk_id,
            scores[chunk_id].semantic,
            scores[chunk_id].lexical,
            boosts.get(chunk.document_id, 0.0),
            tuple(part[chunk_id] for part in part_scores),
        )
        for chunk_id, chunk in chunks.items()
    ]
    return fuse(candidates, whole.semantic.trust if whole.semantic else 0.0)


def true_scores(sought: Sought, chunks: Mapping[int, FoundChunk]) -> dict[int, LegScores]:
    words = lexical_scores(sought.lexical, list(chunks))
    meaning = sought.semantic
    near = meaning.index.similarities(meaning.vector, list(chunks)) if meaning else {}
    return {chunk_id: LegScores(near.get(chunk_id), words.get(chunk_id, 0.0)) for chunk_id in chunks}


def match_words(whole: Sought, idf: Mapping[str, float], chunk_ids: Sequence[int]) -> dict[int, float]:
    """Score candidates word by word, where the index keeps their tokens."""
    if whole.semantic is None or whole.semantic.tokens is None:
        return {}
    signs = Embedding.objects.token_signs_of(whole.semantic.index.index, chunk_ids)
    weights = token_weights(whole.text, whole.semantic.tokens.spans, idf, whole.semantic.trust)
    return late_scores(whole.semantic.tokens, weights, signs)


def name_boosts(chunks: Mapping[int, FoundChunk], tokens: Sequence[str], scope: Scope) -> dict[int, float]:
    """How strongly the question names each candidate's document, by document id."""
    documents = {chunk.document_id: chunk.document_name for chunk in chunks.values()}
    names = {document_id: tokenize(name_without_extension(name)) for document_id, name in documents.items()}
    words = {token for name in names.values() for token in name}
    weights = weigh_question([token_id(word) for word in words], scope).idf
    idf = {word: weights[token_id(word)] for word in words}
    asked = set(tokens)
    return {document_id: name_match(asked, name, idf) for document_id, name in names.items()}


def trust_in(sought: Sought, fused: Sequence[Fused], idf: Mapping[str, float], late: Mapping[int, float]) -> float:
    """How sure it is that the candidates hold an answer, 0 to 1."""
    if not fused:
        return 0.0
    cosines = [entry.semantic.score for entry in fused if entry.semantic.score is not None]
    words = content_words(sought.text)
    # The confidence is fitted to the local model's cosines: those of other models are spread otherwise.
    local = sought.semantic is not None and sought.semantic.index.index.model == LOCAL_MODEL
    return confidence(
        Evidence(
            bm25=max(entry.lexical.score or 0.0 for entry in fused),
            total_idf=total_weight(words, idf),
            words=count_words(words),
            cosine=max(cosines) if local and cosines else None,
            late=max(late.values()) if local and late else None,
        )
    )


def passage_of(chunk: FoundChunk, fused: Fused, labels: Mapping[tuple[int, int], str]) -> Passage:
    return Passage(
        chunk_id=chunk.pk,
        document_id=chunk.document_id,
        document_name=chunk.document_name,
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
        rerank=fused.rerank,
    )
