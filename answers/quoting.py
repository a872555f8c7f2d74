"""Answer with the documents' own sentences, word for word. Knows nothing of models, conversations or storing."""

from answers.citations import Cited, cite_extract
from answers.extraction import PASSAGES_READ, extract
from answers.retrieval import Retrieved
from answers.similarity import sentence_similarity


def quote_sentences(question: str, found: Retrieved) -> Cited | None:
    """The sentences that answer best, each its own citation; None where none shares anything with the question."""
    passages = found.passages[:PASSAGES_READ]
    extracted = extract(question, passages, found.idf, sentence_similarity(found, passages))
    return cite_extract(extracted, found.passages) if extracted.sentences else None
