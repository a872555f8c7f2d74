"""Who an anonymous visitor is: their browser session, which holds their conversations together."""

from django.http import HttpRequest


def anonymous_key(request: HttpRequest, *, start: bool = False) -> str:
    """The key of an anonymous visitor's conversations: empty for people who are signed in.

    Without a session it is empty too, unless one is to `start`: reading alone needs none.
    """
    if request.user.is_authenticated:
        return ""
    if start and not request.session.session_key:
        request.session.create()
    return request.session.session_key or ""
