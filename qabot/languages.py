"""What scripts say, in the reader's language: Django's catalogue at an address that changes with its texts.

English needs none: it is what stands in the scripts. Knows nothing of what the texts are about.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, override
from django.views.decorators.http import condition
from django.views.i18n import JavaScriptCatalog

KEEP_SECONDS = 365 * 24 * 3600
TRANSLATED = frozenset(code for code, _ in settings.LANGUAGES) - {settings.LANGUAGE_CODE}

# "qabot" has no catalogue of its own: so that of LOCALE_PATHS is all, without those of Django's apps.
_catalogue = JavaScriptCatalog.as_view(packages=["qabot"])


def address_of_strings(language: str) -> str:
    """Where scripts find their texts in this language: to be kept for good, as another version has another address."""
    return f"{reverse('js-strings', args=[language])}?v={version(language)}"


def in_this_language(function: Callable[..., None]) -> Callable[..., None]:
    """The function as another thread shall call it: that would speak English, whoever started it."""
    language = get_language()

    def translated(*args: Any) -> None:
        with override(language):
            function(*args)

    return translated


@cache
def version(language: str) -> str:
    """Which texts these are: a digest of the catalogue."""
    catalogue = Path(settings.LOCALE_PATHS[0], language, "LC_MESSAGES", "djangojs.mo")
    return hashlib.sha256(catalogue.read_bytes()).hexdigest()[:12]


@condition(etag_func=lambda request, language: f'"{version(language)}"' if language in TRANSLATED else None)
def strings_for_scripts(request: HttpRequest, language: str) -> HttpResponseBase:
    """A script for `static/js/translate.js`; 404 for English, and for languages there are none in."""
    if language not in TRANSLATED:
        raise Http404
    with override(language):
        response = _catalogue(request)
    if request.GET.get("v") == version(language):
        patch_cache_control(response, public=True, max_age=KEEP_SECONDS, immutable=True)
    else:
        patch_cache_control(response, no_cache=True)
    return response
