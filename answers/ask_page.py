"""What the page where questions are asked shows: a stretch of the conversation, the list of others, what can be asked.

Decides nothing: it puts together what other modules find.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from answers.conversation_list import conversation_list
from answers.conversations import Stretch, stretch_of
from answers.models import Conversation
from answers.suggestions import suggested_questions
from answers.transcript import shown_answers
from answers.visitors import anonymous_key
from documents.models import Collection, Document, Status
from documents.pages import upload_context
from documents.scoping import scope_for
from qabot.database_faults import is_read_only
from qabot.requested import number_in

COUNTER_FROM = 0.9  # of the characters a question may have; before that nobody needs to know


def ask_context(request: HttpRequest, current: Conversation | None) -> dict[str, Any]:
    stretch = conversation_context(request, current)
    documents = Document.objects.visible_to(request.user)
    ready_count = documents.ready().count()
    return {
        **stretch,
        "conversation": current,
        "listed": conversation_list(request.user, anonymous_key(request)),
        "collections": Collection.objects.visible_to(request.user).with_counts().order_by("name"),
        "chosen_collection": _chosen_collection(request, stretch["shown_answers"]),
        "ready_count": ready_count,
        "waiting_count": documents.filter(status__in=[Status.PENDING, Status.PROCESSING]).count(),
        "suggestions": _suggestions(request) if ready_count and current is None else [],
        "quoted_only": settings.QABOT_CHAT_PROVIDER is None,
        "read_only": is_read_only(),
        "max_question_characters": settings.QABOT_MAX_QUESTION_CHARACTERS,
        "counter_from": int(settings.QABOT_MAX_QUESTION_CHARACTERS * COUNTER_FROM),
        **upload_context(request),
    }


def conversation_context(request: HttpRequest, current: Conversation | None) -> dict[str, Any]:
    """The answers of a conversation that are shown, and what stands before and after them."""
    if current is None:
        return {"shown_answers": [], "stretch": None}
    stretch: Stretch = stretch_of(current, before=_number(request, "before"), at=_number(request, "at"))
    return {"conversation": current, "stretch": stretch, "shown_answers": shown_answers(stretch.answers, request.user)}


def _chosen_collection(request: HttpRequest, shown: list[Any]) -> str:
    """The slug of the collection to ask in: the one just named, or the one that the last answer was searched for in."""
    named = request.POST.get("collection", request.GET.get("collection"))
    if named is not None:
        return named
    return shown[-1].collection if shown else ""


def _suggestions(request: HttpRequest) -> list[str]:
    written = settings.QABOT_CHAT_PROVIDER is not None
    return suggested_questions(request.user, scope_for(request.user, None, None), written=written)


def _number(request: HttpRequest, name: str) -> int | None:
    """An id from the address; anything else names nothing."""
    return number_in(request.GET.get(name))
