"""The passage: a chunk as retrieved for a question, with its ranks and scores. Knows nothing of queries or models."""

import re
from dataclasses import dataclass

PAGE_NUMBER = re.compile(r"\d*|[ivxlc]+", re.IGNORECASE)  # what books print at the foot of a page: 12, iv, or nothing


@dataclass(frozen=True)
class LegScore:
    """One leg's view of a passage: rank counts from 1; None where the leg did not run or did not find it."""

    rank: int | None = None
    score: float | None = None


NOT_RANKED = LegScore()


@dataclass(frozen=True)
class Passage:
    """What an answer may rest on: `text` is exactly its page's text from `start` to `end`."""

    chunk_id: int
    document_id: int
    document_name: str
    collection_id: int
    page_number: int
    page_label: str
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...] = ()
    semantic: LegScore = NOT_RANKED
    lexical: LegScore = NOT_RANKED
    fused_score: float = 0.0
    fused_rank: int = 0
    rerank: LegScore = NOT_RANKED  # place after reranking, and the score of late interaction

    @property
    def rank(self) -> int:
        """The place in which an answer reads it, from 1."""
        return self.rerank.rank or self.fused_rank

    @property
    def location(self) -> str:
        """Where in its document, for people: the page's own label, or "page 12"."""
        label = self.page_label.strip()
        return f"page {label or self.page_number}" if PAGE_NUMBER.fullmatch(label) else label
