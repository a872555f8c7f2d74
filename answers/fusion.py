"""Fuse the two legs' scores into one order. Pure: knows nothing of where scores come from.

Sums of z-scores, half and half, beat reciprocal ranks and either leg alone on every set measured (docs/decisions).
"""

import math
import statistics
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import PurePath

from answers.passages import NOT_RANKED, LegScore
from documents.tokens import languages_of

LATIN_SHARE_OF_ENGLISH_MODEL = 0.7  # share of letters; below it an English model put Arabic at R@1 .34 instead of .90
TRUST_IN_OTHER_LANGUAGES = 0.5  # of an English model; fully trusted, Turkish and Romanian fell .03 below BM25 alone
NAME_GATE = 0.6  # idf-weighted share of a name's words; without a gate the boost cost up to .25 on other sets
RERANK_WEIGHT = 1.75  # of late interaction beside the fused score; 1.25 to 1.75 differ by less than .003
YEAR_BONUS = 0.5  # z units; a matching year only orders documents whose names match already


@dataclass(frozen=True)
class LegScores:
    """Both legs' true scores of a chunk; None where a leg has none for it."""

    semantic: float | None = None
    lexical: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A chunk with its scores under the question, and under each of the question's parts. `boost` is in z units."""

    chunk_id: int
    semantic: float | None = None
    lexical: float | None = None
    boost: float = 0.0
    parts: tuple[LegScores, ...] = ()


@dataclass(frozen=True)
class Fused:
    """A candidate in its fused place: rank 1 is best. `rerank` is its place and its score after reranking, if any."""

    chunk_id: int
    semantic: LegScore
    lexical: LegScore
    score: float
    rank: int
    rerank: LegScore = NOT_RANKED


def fuse(candidates: Sequence[Candidate], semantic_trust: float = 1.0) -> list[Fused]:
    """Order candidates by the sum of both legs' z-scores, best first; ties keep the order given.

    `semantic_trust` (0 to 1) scales the semantic leg; a leg that has no scores at all contributes nothing.
    Where the question has parts, what answers one of them well counts as much as what answers a little of the whole.
    """
    semantic = [candidate.semantic for candidate in candidates]
    lexical = [candidate.lexical for candidate in candidates]
    whole = _sums(semantic, lexical, semantic_trust)
    parts = [
        _sums([scores.semantic for scores in part], [scores.lexical for scores in part], semantic_trust)
        for part in zip(*(candidate.parts for candidate in candidates), strict=True)
    ]
    # A document that is named counts as such for the whole question and for each part of it.
    best_parts = map(_soft_maximum, zip(*parts, strict=True)) if parts else repeat(0.0)
    boosts = [candidate.boost * (2 if parts else 1) for candidate in candidates]
    scores = [score + best + boost for score, best, boost in zip(whole, best_parts, boosts, strict=False)]
    semantic_ranks, lexical_ranks = _ranks(semantic), _ranks(lexical)
    order = sorted(range(len(candidates)), key=lambda index: -scores[index])
    return [
        Fused(
            chunk_id=candidates[index].chunk_id,
            semantic=LegScore(semantic_ranks[index], semantic[index]),
            lexical=LegScore(lexical_ranks[index], lexical[index]),
            score=scores[index],
            rank=rank,
        )
        for rank, index in enumerate(order, start=1)
    ]


def rerank(fused: Sequence[Fused], late: Mapping[int, float], depth: int) -> list[Fused]:
    """Order the first `depth` anew by fused score and the weighted z-score of late interaction; the rest stays behind.

    `late` maps chunk ids to scores; nothing is reranked where it is empty.
    """
    if not late:
        return list(fused)
    head, tail = list(fused[:depth]), list(fused[depth:])
    found = [late.get(entry.chunk_id) for entry in head]
    scores = [entry.score + RERANK_WEIGHT * z for entry, z in zip(head, _z_scores(found), strict=True)]
    order = sorted(range(len(head)), key=lambda index: -scores[index])
    reranked = [
        replace(head[index], rerank=LegScore(place, found[index])) for place, index in enumerate(order, start=1)
    ]
    return reranked + tail


def semantic_trust(question: str, *, multilingual: bool) -> float:
    """Tell how far to trust the semantic leg on this question, 0 to 1.

    A model of English alone knows words of other languages only where they are the same, and no other script.
    """
    if multilingual:
        return 1.0
    letters = [character for character in question if character.isalpha()]
    if not letters:
        return 1.0
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    if latin / len(letters) < LATIN_SHARE_OF_ENGLISH_MODEL:
        return 0.0
    languages = languages_of(question)
    return 1.0 if not languages or "english" in languages else TRUST_IN_OTHER_LANGUAGES


def name_match(question_tokens: Collection[str], name_tokens: Collection[str], idf: Mapping[str, float]) -> float:
    """Tell how strongly the question names a document, in z units: 0 below the gate, else .6 to 1.5.

    Years count apart: few questions give them, but "the 2021 report" must come before the one of 2020.
    """
    words = {token for token in name_tokens if not _is_year(token)}
    years = {token for token in name_tokens if _is_year(token)}
    total = sum(idf.get(token, 1.0) for token in words)
    if total <= 0:
        return 0.0
    share = sum(idf.get(token, 1.0) for token in words if token in question_tokens) / total
    if share < NAME_GATE:
        return 0.0
    return share + (YEAR_BONUS if any(year in question_tokens for year in years) else 0.0)


def name_without_extension(name: str) -> str:
    """Drop the file extension: no question says "pdf", and the gate must not ask for it."""
    return PurePath(name).stem


def _sums(semantic: Sequence[float | None], lexical: Sequence[float | None], semantic_trust: float) -> list[float]:
    share = 0.5 * semantic_trust
    return [share * s + (1 - share) * w for s, w in zip(_z_scores(semantic), _z_scores(lexical), strict=True)]


def _soft_maximum(values: Sequence[float]) -> float:
    """The logarithm of the mean of exponentials: led by the largest, and more where several are large."""
    largest = max(values)
    return largest + math.log(statistics.fmean(math.exp(value - largest) for value in values))


def _z_scores(scores: Sequence[float | None]) -> list[float]:
    known = [score for score in scores if score is not None and math.isfinite(score)]
    if not known:
        return [0.0] * len(scores)
    mean, spread, floor = statistics.fmean(known), statistics.pstdev(known), min(known)
    if spread < 1e-9:  # all alike: the leg has no opinion, and dividing would turn rounding noise into one
        return [0.0] * len(scores)
    # A candidate the leg has no score for is no better than its worst.
    return [((floor if s is None or not math.isfinite(s) else s) - mean) / spread for s in scores]


def _ranks(scores: Sequence[float | None]) -> list[int | None]:
    known = [index for index, score in enumerate(scores) if score is not None]
    ranks: list[int | None] = [None] * len(scores)
    for rank, index in enumerate(sorted(known, key=lambda index: -(scores[index] or 0.0)), start=1):
        ranks[index] = rank
    return ranks


def _is_year(token: str) -> bool:
    return len(token) == 4 and token.isdigit() and token[:2] in {"19", "20"}
