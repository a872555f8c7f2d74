"""Rounds of contenders side by side, and what they come to: medians, ratios, tables. Pure: measures nothing itself.

Machines are noisy and slow down and speed up over minutes, so contenders take turns: each runs once in every round, the
order turns by one from round to round, and a ratio is taken within each round before its median is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

EFS = (20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800)  # of HNSW, tried until recall is as asked
Figures = Mapping[str, float]  # what one contender shows in one round, by the figure's name
Contender = Callable[[], Figures]


@dataclass(frozen=True)
class Rounds:
    """The figures of every contender in every round."""

    figures: Mapping[str, Sequence[Figures]]  # by contender

    def median(self, contender: str, figure: str) -> float:
        return median(shown[figure] for shown in self.figures[contender])

    def ratio(self, figure: str, contender: str, beside: str) -> float:
        """How many times another contender's figure this one's is: the median of each round's ratio."""
        pairs = zip(self.figures[contender], self.figures[beside], strict=True)
        return median(ours[figure] / theirs[figure] for ours, theirs in pairs)


def run_rounds(contenders: Mapping[str, Contender], rounds: int, warm_ups: int = 1) -> Rounds:
    """Run each contender once in each round, in turning order; warm-ups are not counted."""
    names = list(contenders)
    figures: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(-warm_ups, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            shown = contenders[name]()
            if number >= 0:
                figures[name].append(shown)
    return Rounds(figures)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> float:
    """The share of the exact answers, of all questions together, that was found."""
    hits = sum(len(set(some) & set(all_)) for some, all_ in zip(found, exact, strict=True))
    return hits / sum(len(set(all_)) for all_ in exact)


@dataclass(frozen=True)
class Reach:
    """What a figure is to come to, and what it came to."""

    what: str
    figure: float
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        asked = f"{'≥' if self.at_least else '≤'} {number(self.limit)}"
        return f"{self.what}: {number(self.figure)} (asked: {asked}) {'✓' if self.kept else '✗'}"


@dataclass(frozen=True)
class Section:
    """A table of one measure, with what it was to reach. The first column is text, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    reaches: Sequence[Reach] = ()
    notes: Sequence[str] = ()
    figures: Mapping[str, object] = field(default_factory=dict)  # for the JSON report: every round's

    def markdown(self) -> str:
        head = [f"| {' | '.join(self.columns)} |", f"|---|{'---:|' * (len(self.columns) - 1)}"]
        rows = [f"| {' | '.join(row)} |" for row in self.rows]
        said = [f"- {line}" for line in (*self.reaches, *self.notes)]
        return "\n".join([f"### {self.title}", "", *head, *rows, *([""] if said else []), *said, ""])

    def as_json(self) -> dict[str, object]:
        reaches = [
            {"what": one.what, "figure": one.figure, "limit": one.limit, "kept": one.kept} for one in self.reaches
        ]
        return {"title": self.title, "columns": [*self.columns], "rows": [[*row] for row in self.rows]} | {
            "reaches": reaches,
            "notes": [*self.notes],
            "figures": self.figures,
        }


def number(value: float) -> str:
    """Three significant digits, so that tables can be read."""
    if value == 0 or not abs(value) < 1e15:
        return str(value)
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
