"""What is asked, and what should be found. Pure: knows nothing of files or of how it is asked."""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self, TypeVar

T = TypeVar("T")


class SetError(Exception):
    """A set cannot be used; the message says why, for people."""


class JudgedBy(Enum):
    """What a hit is."""

    CHUNK = "chunk"  # a chunk of the right document that holds an answer
    DOCUMENT = "document"  # the right document; each passage of a set with passages is a document of its own
    PAGE = "page"


@dataclass(frozen=True)
class SetFile:
    """A file of the corpus as it would be uploaded. Two files of the same bytes are one document."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Question:
    """A question and what should be found: documents are named by the hash of their bytes, pages by hash and number.

    `relevant` is empty where chunks are judged; `documents` are the right ones, if the set names them.
    """

    id: str
    text: str
    answerable: bool = True
    answers: tuple[str, ...] = ()
    language: str = ""
    relevant: frozenset[Hashable] = frozenset()
    documents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EvaluationSet:
    """Questions, and the corpus they are asked of; no files where they are asked of somebody's own collection."""

    name: str
    judged_by: JudgedBy
    questions: tuple[Question, ...]
    files: tuple[SetFile, ...] = ()

    @property
    def answerable(self) -> list[Question]:
        return [question for question in self.questions if question.answerable]

    @property
    def others(self) -> list[Question]:
        """Questions that the corpus does not answer."""
        return [question for question in self.questions if not question.answerable]

    def limited(self, limit: int | None) -> Self:
        """At most `limit` of the answerable questions and as many of the others, spread evenly over the set."""
        if limit is None:
            return self
        return replace(self, questions=(*spread(self.answerable, limit), *spread(self.others, limit)))


def spread(items: Sequence[T], count: int) -> list[T]:
    """`count` of the items at even distances, all of them if there are no more."""
    if len(items) <= count:
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]
