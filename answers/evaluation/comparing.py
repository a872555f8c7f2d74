"""Tell what got better and what got worse between two runs. Pure: knows nothing of how questions are stored."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How a question did in a run: whether it passed, how many checks held, and the rank of the right passage."""

    passed: bool
    checks_held: int
    rank: int | None


@dataclass(frozen=True)
class Comparison:
    """Keys of the questions that moved; how many others there are. Ranks are compared where nothing else moved."""

    better: tuple[Hashable, ...]
    worse: tuple[Hashable, ...]
    still_passing: int
    still_failing: int
    rank_better: int
    rank_worse: int
    only_before: int
    only_after: int


def compare(before: Mapping[Hashable, Standing], after: Mapping[Hashable, Standing]) -> Comparison:
    """Compare the questions that both runs asked. A question got better if it passes now, or if more checks hold."""
    both = [key for key in after if key in before]
    moved = {key: _step(before[key], after[key]) for key in both}
    same = [key for key in both if moved[key] == 0]
    ranks = [_rank_step(before[key].rank, after[key].rank) for key in same]
    return Comparison(
        better=tuple(key for key in both if moved[key] > 0),
        worse=tuple(key for key in both if moved[key] < 0),
        still_passing=sum(after[key].passed for key in same),
        still_failing=sum(not after[key].passed for key in same),
        rank_better=ranks.count(1),
        rank_worse=ranks.count(-1),
        only_before=sum(key not in after for key in before),
        only_after=len(after) - len(both),
    )


def _step(before: Standing, after: Standing) -> int:
    then, now = (before.passed, before.checks_held), (after.passed, after.checks_held)
    return (now > then) - (now < then)


def _rank_step(before: int | None, after: int | None) -> int:
    """1 where the right passage stands higher than it did; one that is not found stands below all."""
    then, now = before or float("inf"), after or float("inf")
    return (now < then) - (now > then)
