"""Which conversations the list of somebody's conversations shows: searched, a page at a time, grouped by when.

Knows nothing of HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from answers.models import Conversation

CONVERSATIONS_A_PAGE = 30
PAGES_AT_MOST = 1000  # an address may name any number
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Group:
    """Conversations last asked in about the same time ago; `key` names it to scripts."""

    key: str
    name: str
    conversations: tuple[Conversation, ...]


@dataclass(frozen=True)
class ConversationList:
    """One page of the list, the latest first. `older` and `newer` are the pages beside it."""

    groups: tuple[Group, ...]
    search: str
    older: int | None
    newer: int | None


def conversation_list(actor: Any, anonymous_key: str, search: str = "", page: int = 1) -> ConversationList:
    """This actor's conversations in whose title or questions each word of `search` occurs."""
    found = Conversation.objects.of(actor, anonymous_key).mentioning(search)
    page = max(1, min(page, PAGES_AT_MOST))
    start = (page - 1) * CONVERSATIONS_A_PAGE
    rows = list(found[start : start + CONVERSATIONS_A_PAGE + 1])
    return ConversationList(
        groups=grouped(rows[:CONVERSATIONS_A_PAGE], timezone.localdate()),
        search=search,
        older=page + 1 if len(rows) > CONVERSATIONS_A_PAGE else None,
        newer=page - 1 if page > 1 else None,
    )


def grouped(conversations: Sequence[Conversation], today: date) -> tuple[Group, ...]:
    """Conversations in their order, the latest first, by when they were last asked in."""
    names = {"today": _("Today"), "lately": _("Last seven days"), "older": _("Older")}
    by_time = groupby(conversations, lambda conversation: _when(conversation, today))
    return tuple(Group(key, names[key], tuple(members)) for key, members in by_time)


def _when(conversation: Conversation, today: date) -> str:
    last = timezone.localdate(conversation.updated_at)
    if last >= today:
        return "today"
    return "lately" if last > today - LATELY else "older"
