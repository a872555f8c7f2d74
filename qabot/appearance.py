"""How pages look to this visitor: light, dark, or as their system has it. A cookie says it: that needs no account."""

from django.http import HttpRequest

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def appearance(request: HttpRequest) -> dict[str, str]:
    """For templates: `theme`, empty where the system decides."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": chosen if chosen in THEMES else ""}
