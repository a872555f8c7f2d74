"""One question's passages as each leg ranks them."""

from dataclasses import dataclass, replace

from answers.evaluation.legs import LegRanking, leg_rankings
from answers.passages import LegScore, Passage
from tests.answers.samples import passage

NOT_FOUND = LegScore(None, 0.1)  # scored, since the other leg found it, but not among this leg's own
BOTH = replace(passage("Both.", chunk_id=1), semantic=LegScore(2, 0.4), lexical=LegScore(1, 9.0), fused_rank=1)
MEANT = replace(passage("Meant.", chunk_id=2), semantic=LegScore(1, 0.8), lexical=NOT_FOUND, fused_rank=2)
SAID = replace(passage("Said.", chunk_id=3), semantic=NOT_FOUND, lexical=LegScore(2, 3.0), fused_rank=3)


@dataclass(frozen=True)
class Reranked(Passage):
    """A passage of a retrieval that reranks."""

    rerank: LegScore = NOT_FOUND


def test_each_leg_ranks_what_it_found_itself():
    assert leg_rankings([MEANT, SAID, BOTH], 0.7) == {
        "lexical": LegRanking((BOTH, SAID), 9.0),
        "semantic": LegRanking((MEANT, BOTH), 0.8),
        "fused": LegRanking((BOTH, MEANT, SAID), 0.7),
        "reranked": LegRanking((MEANT, SAID, BOTH), 0.7, ran=False),
    }


def test_a_leg_that_found_nothing_did_not_run():
    said = replace(SAID, semantic=LegScore(), lexical=LegScore(1, 0.0))  # in the order, but no word in common

    assert leg_rankings([said], 0.2) == {
        "lexical": LegRanking((), 0.0, ran=False),
        "semantic": LegRanking((), 0.0, ran=False),
        "fused": LegRanking((said,), 0.2),
        "reranked": LegRanking((said,), 0.2, ran=False),
    }
    assert [ranking.ran for ranking in leg_rankings([], 0.0).values()] == [False] * 4


def test_reranked_passages_stand_in_the_order_in_which_they_are_read():
    first = Reranked(**{**vars(SAID), "rerank": LegScore(1, 5.0)})
    rest = Reranked(**{**vars(BOTH), "rerank": LegScore()})

    rankings = leg_rankings([first, rest], 0.7)

    assert rankings["reranked"] == LegRanking((first, rest), 0.7)
    assert rankings["fused"] == LegRanking((rest, first), 0.7)
