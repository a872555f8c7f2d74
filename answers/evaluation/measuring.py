"""Measure one set: its corpus, its questions, its figures. The steps are other modules' affair."""

import resource
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import TextIO

from answers.answering import AnsweringOptions
from answers.evaluation.baselines import reference
from answers.evaluation.corpora import Corpus
from answers.evaluation.injections import InjectionSet, note_on, run_injections
from answers.evaluation.questions import EvaluationSet
from answers.evaluation.report import Result
from answers.evaluation.running import QUOTING, run, scope_of
from answers.evaluation.versions import versions

KILOBYTES = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss counts kilobytes, on macOS bytes


def measure(
    asked: EvaluationSet,
    corpus: Corpus,
    legs: Collection[str],
    data: Path,
    errors: TextIO,
    options: AnsweringOptions = QUOTING,
) -> Result:
    """Ask a set's questions of a corpus and put the figures together; `options` tell who answers injected documents."""
    started = time.monotonic()
    if isinstance(asked, InjectionSet):
        findings, note = run_injections(asked, corpus.collection, options, errors), note_on(options)
    else:
        findings, note = run(asked, scope_of(corpus.collection.pk), legs, errors), ""
    return Result(
        name=asked.name,
        questions=len(asked.questions),
        unanswerable=len(asked.others),
        answered_questions=findings.answered_questions,
        legs=findings.legs,
        reference=reference(asked.name, data),
        latency_ms=findings.latency_ms,
        corpus={
            "collection": corpus.collection.slug,
            "documents": corpus.documents,
            "chunks": corpus.chunks,
            "indexed_now": corpus.indexed,
            "indexing_seconds": round(corpus.seconds, 1),
        },
        seconds=round(time.monotonic() - started, 1),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES),
        versions=versions() | ({"writer": options.writer.model} if options.writer else {}),
        note=note,
    )
