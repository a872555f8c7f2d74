"""What happens while a question is answered, as its reader is told. Knows nothing of HTTP."""

from dataclasses import dataclass

from answers.models import Answer, Citation
from answers.passages import Passage


@dataclass(frozen=True)
class SearchStarted:
    """The search begins; `searched_for` differs from the question where a follow-up was completed."""

    searched_for: str


@dataclass(frozen=True)
class PassagesFound:
    """What the answer may rest on, best first."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the answer, with the model's own marks."""

    text: str


@dataclass(frozen=True)
class AnswerDone:
    """The answer is stored, its citations resolved."""

    answer: Answer


@dataclass(frozen=True)
class AnswerUnkept:
    """The answer is complete, but could not be stored: neither it nor its citations have a row."""

    answer: Answer
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class AnswerFailed:
    """There is no answer; the message is for the reader."""

    message: str
    answer: Answer


Event = SearchStarted | PassagesFound | TextDelta | AnswerDone | AnswerUnkept | AnswerFailed
