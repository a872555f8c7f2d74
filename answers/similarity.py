"""Compare sentences with a question under the local model. Knows nothing of where sentences come from."""

from collections.abc import Sequence

from answers.extraction import Similarity
from answers.retrieval import Retrieved
from documents.embedding.choice import embedder_for
from documents.embedding.local import LOCAL_MODEL


def sentence_similarity(found: Retrieved) -> Similarity | None:
    """Each sentence's cosine to the question; None where only a provider could tell: quoting must not wait for one."""
    vector = found.question_vector
    if vector is None or found.embedding_model != LOCAL_MODEL:
        return None
    embedder = embedder_for(LOCAL_MODEL)

    def similarity(sentences: list[str]) -> Sequence[float]:
        return [float(cosine) for cosine in embedder.embed_passages(sentences) @ vector]

    return similarity
