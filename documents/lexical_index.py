"""True BM25 in plain Postgres. Holds the SQL of tokens; knows nothing of languages or embeddings.

The document side of BM25 lies in each chunk's sparse vector, the inverse document frequencies go into the question's:
documents never go stale. Candidates come from the GIN index on tokens, over the question's rarest tokens alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from documents.bm25 import idf, rarest_tokens
from documents.models import TOKEN_DIMENSIONS
from documents.scope import Scope

FREQUENCIES = """
SELECT token, sum(chunks)::int FROM documents_tokenfrequency
WHERE collection_id = ANY(%(collections)s) AND token = ANY(%(tokens)s) GROUP BY token
"""

SEARCH = """
SELECT id, -(weights <#> %(question)s::sparsevec) AS score FROM documents_chunk
WHERE tokens && %(candidates)s::int[] AND collection_id = ANY(%(collections)s)
AND (%(documents)s::bigint[] IS NULL OR document_id = ANY(%(documents)s))
AND document_id NOT IN (SELECT id FROM documents_document WHERE quarantined_at IS NOT NULL)
ORDER BY score DESC, id LIMIT %(k)s
"""

SCORES = "SELECT id, -(weights <#> %(question)s::sparsevec) FROM documents_chunk WHERE id = ANY(%(chunks)s)"


@dataclass(frozen=True)
class LexicalQuestion:
    """A question as BM25 sees it: the inverse document frequency of each of its tokens in the scope."""

    idf: Mapping[int, float]  # by token id
    candidates: tuple[int, ...]  # the tokens whose chunks are looked at

    @property
    def total_idf(self) -> float:
        return sum(self.idf.values())


@dataclass(frozen=True)
class LexicalHit:
    """A chunk and its BM25 score, higher is better."""

    chunk_id: int
    score: float


def weigh_question(token_ids: Sequence[int], scope: Scope) -> LexicalQuestion:
    """Look up how rare each token of a question is inside the scope."""
    tokens = sorted(set(token_ids))
    with connection.cursor() as cursor:
        cursor.execute(FREQUENCIES, {"collections": list(scope.collection_ids), "tokens": tokens})
        frequencies: dict[int, int] = dict(cursor.fetchall())
    # A scope narrowed to some documents keeps the frequencies of its whole collections: they tell rarity well enough.
    chunks = max(scope.chunks, max(frequencies.values(), default=0))
    weights = {token: idf(frequencies.get(token, 0), chunks) for token in tokens}
    return LexicalQuestion(idf=weights, candidates=tuple(rarest_tokens(frequencies, chunks)))


def search_lexical(question: LexicalQuestion, k: int, scope: Scope) -> list[LexicalHit]:
    """The k best chunks by BM25 inside the scope, best first."""
    if not question.candidates:
        return []
    values = {
        "question": _sparse(question.idf),
        "candidates": list(question.candidates),
        "collections": list(scope.collection_ids),
        "documents": list(scope.document_ids) if scope.document_ids is not None else None,
        "k": k,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, values)
        return [LexicalHit(*row) for row in cursor.fetchall()]


def lexical_scores(question: LexicalQuestion, chunk_ids: Sequence[int]) -> dict[int, float]:
    """The true BM25 score of these chunks."""
    if not question.idf:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SCORES, {"question": _sparse(question.idf), "chunks": list(chunk_ids)})
        return dict(cursor.fetchall())


def _sparse(weights: Mapping[int, float]) -> str:
    return (
        "{" + ",".join(f"{token}:{weight:.6f}" for token, weight in sorted(weights.items())) + f"}}/{TOKEN_DIMENSIONS}"
    )
