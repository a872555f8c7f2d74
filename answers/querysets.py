"""The queries of conversations and answers, as QuerySets that read as English."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from answers.models import Answer, Conversation  # noqa: F401 - named in base classes


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of(self, actor: "User | AnonymousUser", anonymous_key: str = "") -> "ConversationQuerySet":
        """This person's conversations; an anonymous visitor's are those of the browser session `anonymous_key`."""
        if actor.is_authenticated:
            return self.filter(owner=actor)
        return self.filter(owner=None, anonymous_key=anonymous_key) if anonymous_key else self.none()


class AnswerQuerySet(models.QuerySet["Answer"]):
    def of(self, actor: "User | AnonymousUser", anonymous_key: str = "") -> "AnswerQuerySet":
        """Answers in this person's conversations."""
        conversations: Any = self.model._meta.get_field("conversation").related_model
        return self.filter(conversation__in=conversations.objects.of(actor, anonymous_key))
