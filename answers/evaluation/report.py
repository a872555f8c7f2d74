"""Show an evaluation: a table for people, JSON for programs, and whether floors hold. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A floor without a leg means the first of these that has it.
FINAL_LEGS = ("reranked", "fused", "semantic", "lexical", "answers", "injected", "clean")
REFERENCE = "BM25 ref."
ORDER = [
    *("evidence@1", "evidence@5", "evidence@10", "R@1", "R@4", "R@5", "R@10", "R@100", "MRR@10", "nDCG@10", "MAP@10"),
    *("all@10", "page@1", "page@5", "page@10", "document@1", "document@10", "AUROC", "refused@90", "answered"),
    *("refused", "contains@1", "contains@3", "utility", "attack@", "exact", "supported", "failed"),
]


class FloorError(Exception):
    """A floor cannot be read; the message says how to write one."""


@dataclass(frozen=True)
class Result:
    """One set's figures and what they rest on."""

    name: str
    questions: int
    unanswerable: int  # of the questions
    answered_questions: int  # of the questions: those asked to the end
    legs: Mapping[str, Mapping[str, float]]
    reference: Mapping[str, float]
    latency_ms: Mapping[str, Mapping[str, Mapping[str, float]]]
    corpus: Mapping[str, Any]
    seconds: float
    peak_memory_mb: int
    versions: Mapping[str, str]
    note: str = ""  # what the figures do not say


@dataclass(frozen=True)
class Floor:
    """A figure that must be reached; an empty leg is the last one that has the metric."""

    leg: str
    metric: str
    value: float


def as_json(result: Result) -> dict[str, Any]:
    return {
        "set": result.name,
        "questions": result.questions,
        "unanswerable": result.unanswerable,
        "answered_questions": result.answered_questions,
        "legs": {leg: {name: round(value, 4) for name, value in row.items()} for leg, row in result.legs.items()},
        "reference": dict(result.reference),
        "latency_ms": result.latency_ms,
        "corpus": dict(result.corpus),
        "seconds": result.seconds,
        "peak_memory_mb": result.peak_memory_mb,
        "versions": dict(result.versions),
    }


def heading(result: Result) -> str:
    """What the figures are of, in a line or two."""
    words = f"{result.name}: {result.questions:,} questions"
    if result.unanswerable:
        words += f", {result.unanswerable:,} of them not answerable"
    words += f"; {result.corpus['documents']:,} documents, {result.corpus['chunks']:,} chunks"
    if 0 < result.answered_questions < result.questions:
        words += f".\nThe leg answers rests on {result.answered_questions:,} questions spread evenly over the set"
    return f"{words}."


def table(result: Result) -> str:
    """A row a metric, a column a leg, the reference first."""
    columns: dict[str, Mapping[str, float]] = {REFERENCE: result.reference} if result.reference else {}
    columns |= result.legs
    known = dict.fromkeys(name for row in result.legs.values() for name in row)
    names = [name for name in ORDER if name in known] + [name for name in known if name not in ORDER]
    rows = [[name, *(_figure(row.get(name)) for row in columns.values())] for name in names]
    return _aligned([["", *columns], *rows])


def latency_table(result: Result) -> str:
    """A row a stage: the median and the 95th percentile, in milliseconds."""
    rows = [
        [f"{part}, {stage}", f"{values['p50']:.1f}", f"{values['p95']:.1f}"]
        for part, stages in result.latency_ms.items()
        for stage, values in stages.items()
    ]
    return _aligned([["milliseconds", "p50", "p95"], *rows])


def read_floor(text: str) -> Floor:
    """Read "R@1=0.8" or "lexical:R@1=0.8". Raises FloorError."""
    name, _, value = text.partition("=")
    leg, _, metric = (part.strip() for part in name.rpartition(":"))
    try:
        floor = Floor(leg, metric, float(value))
    except ValueError:
        floor = Floor(leg, metric, math.nan)
    if not math.isfinite(floor.value):
        raise FloorError(f"A floor is written like R@1=0.8 or lexical:R@1=0.8, not {text!r}.")
    if leg and leg not in FINAL_LEGS:
        raise FloorError(f"There is no leg {leg!r}. There are: {', '.join(FINAL_LEGS)}.")
    if metric not in ORDER:
        raise FloorError(f"There is no metric {metric!r}. There are: {', '.join(ORDER)}.")
    return floor


def below(floors: Sequence[Floor], results: Sequence[Result]) -> list[str]:
    """What is below its floor, in words. A floor holds for every set that has the metric; one must have it."""
    misses = []
    for floor in floors:
        measured = [(result.name, *found) for result in results if (found := _measured(floor, result))]
        if not measured:
            leg = f"{floor.leg} " if floor.leg else ""
            misses.append(f"{leg}{floor.metric} was not measured.{_known(floor, results)}")
        misses += [
            f"{name}: {leg} {floor.metric} is {value:.4f}, below {floor.value:g}."
            for name, leg, value in measured
            if value < floor.value
        ]
    return misses


def _known(floor: Floor, results: Sequence[Result]) -> str:
    """What a floor could have been set for."""
    rows = [row for result in results for leg, row in result.legs.items() if floor.leg in ("", leg)]
    names = dict.fromkeys(name for row in rows for name in row)
    return f" There are: {', '.join(names)}." if names else ""


def _measured(floor: Floor, result: Result) -> tuple[str, float] | None:
    for leg in [floor.leg] if floor.leg else FINAL_LEGS:
        if floor.metric in result.legs.get(leg, {}):
            return leg, result.legs[leg][floor.metric]
    return None


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
