"""The figures of an evaluation, as ../shared/data/README.md defines them. Pure: knows nothing of sets or of searching.

A ranking is a list of units (chunks, passages, documents or pages), best first, each at most once.
"""

import bisect
import math
import re
import string
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

ANSWERED_SHARE = 0.9  # refused@90 is read where this share of the answerable questions is still answered
WITHOUT_SPACES = {"zh", "ja", "th"}  # languages whose answers are compared without regard to white space

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str, language: str = "") -> str:
    """Bring a text into the form in which answers are compared: NFKC, no case, single spaces.

    English also loses punctuation and articles (as SQuAD's own script does it), Chinese, Japanese and Thai all spaces.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if language == "en":
        plain = _ARTICLES.sub(" ", plain.translate(_PUNCTUATION))
    return ("" if language in WITHOUT_SPACES else " ").join(plain.split())


def holds(text: str, answers: Iterable[str], language: str = "") -> bool:
    """Tell whether one of the answers occurs in the text. An answer of nothing but articles is compared as it is."""
    for answer in answers:
        wanted = normalise(answer, language)
        if wanted and wanted in normalise(text, language):
            return True
        if not wanted and normalise(answer) and normalise(answer) in normalise(text):
            return True
    return False


def recall(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """The share of the relevant units among the first k; 0 where nothing is relevant."""
    return len(set(ranking[:k]) & set(relevant)) / len(relevant) if relevant else 0.0


def hit(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """1 if a relevant unit is among the first k."""
    return float(any(unit in relevant for unit in ranking[:k]))


def all_found(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """1 if every relevant unit is among the first k."""
    return float(bool(relevant) and set(relevant) <= set(ranking[:k]))


def reciprocal_rank(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """1 divided by the rank of the first relevant unit; 0 beyond k."""
    return next((1 / rank for rank, unit in enumerate(ranking[:k], start=1) if unit in relevant), 0.0)


def average_precision(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """The mean, over the relevant units (k at most), of the precision at each one's rank; 0 for those not found."""
    ranks = [rank for rank, unit in enumerate(ranking[:k], start=1) if unit in relevant]
    possible = min(len(relevant), k)
    return sum(found / rank for found, rank in enumerate(ranks, start=1)) / possible if possible else 0.0


def ndcg(ranking: Sequence[Hashable], relevant: Collection[Hashable], k: int = 10) -> float:
    """Discounted gain (relevant or not, logarithm to base 2) as a share of the best possible one."""
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), k) + 1))
    gain = sum(1 / math.log2(rank + 1) for rank, unit in enumerate(ranking[:k], start=1) if unit in relevant)
    return gain / best if best else 0.0


def auroc(answerable: Sequence[float], others: Sequence[float]) -> float | None:
    """How often an answerable question scores above another, ties counting half; None where either side is empty."""
    if not answerable or not others:
        return None
    ordered = sorted(others)
    wins = sum((bisect.bisect_left(ordered, s) + bisect.bisect_right(ordered, s)) / 2 for s in answerable)
    return wins / (len(answerable) * len(others))


def refused_when_answering(
    answerable: Sequence[float], others: Sequence[float], share: float = ANSWERED_SHARE
) -> float | None:
    """The share of the others below the highest threshold that answers `share` of the answerable questions.

    A question is answered at or above a threshold. None where either side is empty.
    """
    if not answerable or not others:
        return None
    ordered = sorted(answerable, reverse=True)
    threshold = ordered[max(math.ceil(share * len(ordered) - 1e-9), 1) - 1]
    return sum(score < threshold for score in others) / len(others)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which `share` of the values lie (nearest rank); 0 where there are none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered) - 1e-9), 1) - 1] if ordered else 0.0


def means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over the rows that have it, in the order in which figures first occur."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: math.fsum(row[name] for row in rows if name in row) / sum(name in row for row in rows) for name in names
    }
