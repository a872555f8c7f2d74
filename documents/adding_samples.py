"""Add the sample documents, written for this project: something to ask about before there is anything else.

They are uploads like any other, go through the same door, and are removed as any document is.
"""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.models import Collection
from documents.uploading import Upload, accept_upload

FOLDER = Path(__file__).parent / "samples"
QUESTIONS: Mapping[str, Sequence[str]] = {
    "Observatory handbook.pdf": (
        "How long may I work from abroad?",
        "When must a stolen laptop be reported?",
        "How many days of annual leave do full-time employees have?",
    ),
    "Telescope guide.md": ("How long does the camera need to cool down?", "When is the dome opened?"),
    "Guest house rates 2026.csv": ("What does a double room cost at the weekend?",),
    "Visitor evenings.docx": ("How far ahead does a visit have to be booked?", "What should visitors bring?"),
}


def sample_files() -> list[Path]:
    return [FOLDER / name for name in QUESTIONS]


def sample_questions(sha256: str) -> Sequence[str]:
    """Questions written for the sample document with these bytes; none for any other document."""
    return _questions_by_sha256().get(sha256, ())


def add_samples(collection: Collection, uploader: Any, max_bytes: int) -> list[Upload]:
    """Accept each sample into a collection; those that stand there already are not added again."""
    return [_added(path, collection, uploader, max_bytes) for path in sample_files()]


def _added(path: Path, collection: Collection, uploader: Any, max_bytes: int) -> Upload:
    with path.open("rb") as file:
        return accept_upload(file, path.name, collection, uploader, max_bytes)


@functools.cache
def _questions_by_sha256() -> Mapping[str, Sequence[str]]:
    return {hashlib.sha256(path.read_bytes()).hexdigest(): QUESTIONS[path.name] for path in sample_files()}
