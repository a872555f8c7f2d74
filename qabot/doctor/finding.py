"""What was found about one thing: well or not, in a sentence, and what to do about it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from textwrap import indent


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, and should be looked at
    PROBLEM = "problem"  # something people need does not work
    UNKNOWN = "unknown"  # cannot be seen from here; the advice says where


@dataclass(frozen=True)
class Finding:
    """One line of the report. `detail` holds no secret; `advice` is empty where there is nothing to do."""

    name: str
    state: State
    detail: str
    advice: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, State.OK, detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, State.WARNING, detail, advice)


def problem(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, State.PROBLEM, detail, advice)


def unknown(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, State.UNKNOWN, detail, advice)


def has_problem(findings: Iterable[Finding]) -> bool:
    return any(finding.state == State.PROBLEM for finding in findings)


def as_text(findings: Iterable[Finding]) -> str:
    """A line for each finding, what to do below it."""
    findings = list(findings)
    width = max((len(finding.name) for finding in findings), default=0)
    return "\n".join(_lines(finding, width) for finding in findings)


def as_dict(findings: Iterable[Finding]) -> dict[str, dict[str, str]]:
    """By name, for JSON; `advice` only where there is one."""
    return {
        finding.name: {"state": finding.state.value, "detail": finding.detail}
        | ({"advice": finding.advice} if finding.advice else {})
        for finding in findings
    }


def in_words(seconds: float) -> str:
    """A span of time, roughly: "14 s", "3 min", "5 h", "2 days"."""
    for size, unit in ((86_400, " days"), (3_600, " h"), (60, " min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f} s"


def in_bytes(size: float) -> str:
    """A size, roughly: "512 MB", "1.5 GB"."""
    if size >= 2**30:
        return f"{size / 2**30:.1f} GB"
    return f"{size / 2**20:,.0f} MB" if size >= 2**20 else f"{size / 2**10:,.0f} kB"


def _lines(finding: Finding, width: int) -> str:
    margin = " " * (width + 11)
    detail = indent(finding.detail, margin).lstrip()
    line = f"{finding.state.value:<8} {finding.name:<{width}}  {detail}"
    return f"{line}\n{margin}→ {finding.advice}" if finding.advice else line
