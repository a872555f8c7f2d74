"""QABot's local model for LangChain, so that both apps search by the same vectors at the same cost."""

from langchain_core.embeddings import Embeddings

from documents.embedding.local import LocalEmbedder


class LocalEmbeddings(Embeddings):
    def __init__(self) -> None:
        self._embedder = LocalEmbedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._embedder.embed_question(text).tolist()
        return vector
