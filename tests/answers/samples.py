"""Passages to answer from. A passage is made as retrieval makes it: its text is its page's from `start`."""

from answers.passages import LegScore, Passage


def passage(
    text: str,
    *,
    chunk_id: int = 1,
    document_id: int = 1,
    document_name: str = "report.pdf",
    page_number: int = 1,
    page_label: str = "",
    start: int = 0,
    heading_path: tuple[str, ...] = (),
    fused_rank: int = 1,
) -> Passage:
    return Passage(
        chunk_id=chunk_id,
        document_id=document_id,
        document_name=document_name,
        collection_id=1,
        page_number=page_number,
        page_label=page_label,
        start=start,
        end=start + len(text),
        text=text,
        heading_path=heading_path,
        semantic=LegScore(1, 0.5),
        lexical=LegScore(1, 4.0),
        fused_score=1.0,
        fused_rank=fused_rank,
    )
