"""What a run of chaos saw: what was uploaded, struck, cited and how soon things ran again; and what was lost of it."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.invariants import broken_rules
from bench.sample_files import SampleFile
from bench.stack import machine

RECOVERY_SECONDS = 180.0  # the most that is allowed
SOON_SECONDS = 90.0  # what 95 of a hundred have to keep

Rows = Callable[..., list[tuple[Any, ...]]]


@dataclass
class Recovery:
    """Something that was interrupted, and the condition under which it runs again."""

    kind: str
    runs_again: Callable[[], object]
    began: float = field(default_factory=time.monotonic)
    seconds: float | None = None


@dataclass
class Uploaded:
    file: SampleFile
    document: int


@dataclass
class Record:
    """What was seen so far. `rows` asks the database."""

    rows: Rows
    accepted: list[Uploaded] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    doubted: list[tuple[float, int]] = field(default_factory=list)  # when a document was cited, and which
    most_connections: int = 0

    def losses(self) -> dict[str, list[str]]:
        """What was promised and not kept, by promise."""
        query = (
            "SELECT document.id, status, error_code, chunks_total, count(DISTINCT page.id) FROM documents_document AS "
            "document LEFT JOIN documents_page AS page ON page.document_id = document.id GROUP BY document.id"
        )
        found = {row[0]: row[1:] for row in self.rows(query)}
        lost: dict[str, list[str]] = {}
        for each in self.accepted:
            status, code, chunks, pages = found.get(each.document, ("lost", "", 0, 0))
            whole = status == "ready" and (chunks, pages) == (each.file.chunks, each.file.pages) and chunks > 0
            if not whole and status != "failed":
                expected = f"{each.file.pages} pages, {each.file.chunks} chunks"
                lost.setdefault("ready and whole, or failed with a reason", []).append(
                    f"{each.file.name}: {status} {code}, {pages} pages, {chunks} chunks (expected: {expected})"
                )
        known = {each.document for each in self.accepted}
        lost["deleted stays deleted"] = [str(each) for each in self.deleted if each in found]
        lost["no document from nowhere"] = [str(each) for each in found if each not in known]
        lost["no answer cites what is not ready"] = self._cited_too_early()
        for rule, rows in broken_rules(self.rows).items():
            lost[rule] = [f"{rows} rows"] if rows else []
        return lost

    def failures(self) -> dict[str, list[str]]:
        """Names of failed documents by the code of their reason, without those that had to fail."""
        codes: dict[int, str] = dict(self.rows("SELECT id, error_code FROM documents_document WHERE status = 'failed'"))
        by_code: dict[str, list[str]] = {}
        for each in self.accepted:
            if each.document in codes and each.file.chunks:
                by_code.setdefault(codes[each.document], []).append(each.file.name)
        return by_code

    def _cited_too_early(self) -> list[str]:
        query = "SELECT id, extract(epoch FROM coalesce(ready_at, 'infinity'))::float FROM documents_document"
        # A document that is gone since says nothing of when it was ready.
        ready: dict[int, float] = dict(self.rows(query))
        return [str(each) for at, each in self.doubted if ready.get(each, at) > at]

    def slow_recoveries(self) -> Iterator[str]:
        times = self.times()
        for recovery in self.recoveries:
            if recovery.seconds is None or recovery.seconds > RECOVERY_SECONDS:
                yield f"{recovery.kind}: {recovery.seconds or 'never'}"
        if times and sum(each <= SOON_SECONDS for each in times) < 0.95 * len(times):
            yield f"fewer than 95 % within {SOON_SECONDS:g} s"

    def times(self, kind: str | None = None) -> list[float]:
        return sorted(each.seconds for each in self.recoveries if each.seconds and kind in (None, each.kind))


def report(
    record: Record,
    documents: int,
    failures: dict[str, list[str]],
    failed_for_good: dict[str, list[str]],
    lost: dict[str, list[str]],
    seconds: float,
) -> dict[str, Any]:
    """All figures by their names, and whether every promise was kept; `documents` is how many were to be accepted."""
    slow = list(record.slow_recoveries())
    kinds = sorted({each.kind for each in record.recoveries})
    return {
        "machine": machine(),
        "seconds": round(seconds),
        "struck": dict(record.struck),
        "accepted": len(record.accepted),
        "refused at the door": record.refused,
        "expected chunks": sum(each.file.chunks for each in record.accepted),
        "had to fail": sum(not each.file.chunks for each in record.accepted),
        "failed under fire": failures,
        "still failed after Try again": failed_for_good,
        "deleted meanwhile": len(record.deleted),
        "asked": dict(record.asked),
        "citations looked at": len(record.doubted),
        "most connections": record.most_connections,
        "running again (count, median s, 95 % s, longest s)": {
            kind: _summary(record.times(kind)) for kind in [None, *kinds] if record.times(kind)
        },
        "too slow": slow,
        "lost": lost,
        "kept": not lost and not slow and len(record.accepted) == documents,
    }


def _summary(times: list[float]) -> list[float]:
    nearly_all = times[min(len(times) - 1, int(0.95 * len(times)))]
    return [len(times), round(statistics.median(times), 1), round(nearly_all, 1), round(times[-1], 1)]


def table(report: dict[str, Any]) -> str:
    lines = ["| what | figure |", "|---|---|"]
    for name, value in report.items():
        if isinstance(value, dict):
            lines += [f"| {name}: {part or 'all'} | {_cell(inner)} |" for part, inner in value.items()]
            lines += [f"| {name} | none |"] if not value else []
        else:
            lines.append(f"| {name} | {_cell(value)} |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return " · ".join(str(each) for each in value) if isinstance(value, list) else str(value)
