"""What a check of the stored data found. Pure: knows no table."""

from collections.abc import Iterable
from dataclasses import dataclass

EXAMPLES = 5  # wrong rows that are named; their number is told in full


@dataclass(frozen=True)
class Checked:
    """A promise about stored rows: how many were looked at, and which do not keep it."""

    promise: str  # "each chunk is its page's text from start to end"
    examined: int
    wrong: int = 0
    examples: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.wrong == 0

    @property
    def words(self) -> str:
        """For people: "each chunk … : 18,396 looked at"."""
        if self.holds:
            return f"{self.promise}: {self.examined:,} looked at"
        named = ", ".join(self.examples)
        return f"{self.promise}: {self.wrong:,} of {self.examined:,} are not so ({named}{', …' * self.has_more})"

    @property
    def has_more(self) -> bool:
        return self.wrong > len(self.examples)


def checked(promise: str, examined: int, wrong: Iterable[str]) -> Checked:
    """Sum up: counts every wrong row and keeps the first few."""
    count, examples = 0, []
    for row in wrong:
        count += 1
        if count <= EXAMPLES:
            examples.append(row)
    return Checked(promise, examined, count, tuple(examples))
