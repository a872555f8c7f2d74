"""Who asks: an anonymous visitor is their browser session; a budget is spent by people and keys."""

from django.http import HttpRequest

from answers.budget import Spender
from qabot.models import ApiKey


def anonymous_key(request: HttpRequest, *, start: bool = False) -> str:
    """The key of an anonymous visitor's conversations: empty for people who are signed in.

    Without a session it is empty too, unless one is to `start`: reading alone needs none.
    """
    if request.user.is_authenticated:
        return ""
    if start and not request.session.session_key:
        request.session.create()
    return request.session.session_key or ""


def spender_of(request: HttpRequest) -> Spender:
    """Whose budget a question is charged to, besides the whole app's: the person's, and that of the key they use."""
    key = getattr(request, "auth", None)
    return Spender(user_id=request.user.pk, key_id=key.pk if isinstance(key, ApiKey) else None)
