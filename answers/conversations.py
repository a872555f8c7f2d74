"""Find the conversation a question belongs to, and what was said in it. Knows nothing of HTTP or answering."""

from typing import Any

from answers.models import Answer, AnswerStatus, Conversation
from answers.prompting import Turn
from qabot.models import ApiKey

TITLE_CHARACTERS = 80
TURNS_REMEMBERED = 6


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
