"""One question's passages as each leg of retrieval ranks them. Pure: knows nothing of judging."""

from collections.abc import Sequence
from dataclasses import dataclass

from answers.passages import LegScore, Passage


@dataclass(frozen=True)
class LegRanking:
    """What a leg found, best first, and how sure it is that the answer is there (each leg on a scale of its own)."""

    passages: tuple[Passage, ...]
    confidence: float
    ran: bool = True  # whether it found anything at all: a leg that never does is left out of an evaluation


def leg_rankings(passages: Sequence[Passage], confidence: float) -> dict[str, LegRanking]:
    """Each leg by name. `passages` come in the order in which an answer reads them.

    A leg alone is as sure as its best score; fused and reranked passages share the confidence that refusals rest on.
    """
    lexical = [passage for passage in passages if passage.lexical.rank is not None and passage.lexical.score]
    semantic = [passage for passage in passages if passage.semantic.rank is not None]
    fused = sorted(passages, key=lambda passage: passage.fused_rank)
    reranked = any(passage.rerank.rank is not None for passage in passages)
    return {
        "lexical": _of_leg(sorted(lexical, key=lambda passage: passage.lexical.rank or 0), "lexical"),
        "semantic": _of_leg(sorted(semantic, key=lambda passage: passage.semantic.rank or 0), "semantic"),
        "fused": LegRanking(tuple(fused), confidence, ran=bool(passages)),
        "reranked": LegRanking(tuple(passages), confidence, ran=reranked),
    }


def _of_leg(passages: Sequence[Passage], leg: str) -> LegRanking:
    score: LegScore = getattr(passages[0], leg) if passages else LegScore()
    return LegRanking(tuple(passages), score.score or 0.0, ran=bool(passages))
