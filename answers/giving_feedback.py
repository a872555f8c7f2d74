"""Keep what a reader thought of an answer: one word each, which a later one replaces and which can be taken back.

Knows nothing of requests, or of who may: callers hand over answers of the reader's own.
"""

from django.db import transaction

from answers.models import Answer, Feedback
from answers.querysets import AnswerQuerySet

MAX_COMMENT_CHARACTERS = 5000


def give_feedback(mine: AnswerQuerySet, answer_id: int, helpful: bool, comment: str = "") -> Feedback:
    """Say whether an answer of `mine` helped. Raises Answer.DoesNotExist, also of one that is deleted meanwhile."""
    with transaction.atomic():
        answer = _held(mine, answer_id)
        feedback, _ = Feedback.objects.update_or_create(
            answer=answer, defaults={"helpful": helpful, "comment": comment}
        )
    return feedback


def take_feedback_back(mine: AnswerQuerySet, answer_id: int) -> None:
    """Say nothing of an answer of `mine` any more. Raises Answer.DoesNotExist; that nothing was said is no error."""
    with transaction.atomic():
        Feedback.objects.filter(answer=_held(mine, answer_id)).delete()


def _held(mine: AnswerQuerySet, answer_id: int) -> Answer:
    """The answer, there until the transaction ends: two words about it at a time come one after the other."""
    return mine.select_for_update(of=("self",), no_key=True).get(pk=answer_id)
