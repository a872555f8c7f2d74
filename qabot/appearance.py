"""How pages look to this visitor: light or dark, and the language. Cookies say it: that needs no account."""

from collections.abc import Container

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
BY_SYSTEM = "system"  # the choice that takes another back


def appearance(request: HttpRequest) -> dict[str, str]:
    """For templates: `theme` and `language_chosen`, each empty where the system decides."""
    return {
        "theme": _chosen(request, THEME_COOKIE, THEMES),
        "language_chosen": _chosen(request, settings.LANGUAGE_COOKIE_NAME, dict(settings.LANGUAGES)),
    }


def _chosen(request: HttpRequest, cookie: str, known: Container[str]) -> str:
    chosen = request.COOKIES.get(cookie, "")
    return chosen if chosen in known else ""
