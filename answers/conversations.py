"""Find the conversation a question belongs to, and what was said in it. Knows nothing of HTTP or answering."""

from dataclasses import dataclass
from typing import Any

from answers.models import Answer, AnswerStatus, Conversation
from answers.prompting import Turn
from answers.querysets import AnswerQuerySet
from qabot.models import ApiKey

TITLE_CHARACTERS = 80
TURNS_REMEMBERED = 6
ANSWERS_SHOWN = 20  # of a conversation at once


@dataclass(frozen=True)
class Stretch:
    """Some answers of a conversation, one after the other, and how many stand before and after them."""

    answers: AnswerQuerySet
    first: int | None  # its first answer's id
    earlier: int
    later: int


def find_or_start(actor: Any, anonymous_key: str, conversation_id: int | None, first_question: str) -> Conversation:
    """The actor's conversation of that id, or a new one named after its first question.

    Raises Conversation.DoesNotExist if there is none of that id, or if it is somebody else's.
    """
    key = actor if isinstance(actor, ApiKey) else None
    if conversation_id is not None:
        conversation = Conversation.objects.of(actor, anonymous_key).get(pk=conversation_id)
        if conversation.api_key != key:
            # Others of its owner's may ask about more than the key that began it may read.
            conversation.api_key = None
            conversation.save(update_fields=["api_key"])
        return conversation
    person = key.owner if key else actor
    owner = person if person.is_authenticated else None
    return Conversation.objects.create(
        owner=owner,
        anonymous_key="" if owner else anonymous_key,
        title=" ".join(first_question.split())[:TITLE_CHARACTERS],
        api_key=key,
    )


def earlier_turns(answer: Answer) -> list[Turn]:
    """What was asked and answered before this answer, oldest first."""
    before = answer.conversation.answers.filter(pk__lt=answer.pk, status=AnswerStatus.DONE).order_by("-pk")
    return [Turn(earlier.searched_for or earlier.question, earlier.text) for earlier in before[:TURNS_REMEMBERED]][::-1]


def stretch_of(conversation: Conversation, before: int | None = None, at: int | None = None) -> Stretch:
    """The latest answers of a conversation; those just before the answer `before`; or those from the answer `at` on.

    An answer that is among the latest is shown with them.
    """
    every: AnswerQuerySet = Answer.objects.filter(conversation=conversation)
    ids = list(every.order_by("-pk").values_list("pk", flat=True)[:ANSWERS_SHOWN])
    if before is not None:
        ids = list(every.filter(pk__lt=before).order_by("-pk").values_list("pk", flat=True)[:ANSWERS_SHOWN])
    elif at is not None and ids and at < ids[-1]:
        ids = list(every.filter(pk__gte=at).order_by("pk").values_list("pk", flat=True)[:ANSWERS_SHOWN])
    if not ids:
        return Stretch(every.none(), None, 0, 0)
    first, last = min(ids), max(ids)
    return Stretch(
        answers=every.filter(pk__in=ids).order_by("pk"),
        first=first,
        earlier=every.filter(pk__lt=first).count(),
        later=every.filter(pk__gt=last).count(),
    )


def rename(conversation: Conversation, title: str) -> None:
    """Give a conversation a title; when it was last asked in stays what it was."""
    Conversation.objects.filter(pk=conversation.pk).update(title=title)
