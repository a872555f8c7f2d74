"""What every page's frame says of this site. Knows nothing of documents."""

from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext

from documents.reasons import reason_in_language
from qabot.languages import address_of_strings
from qabot.local_numbers import grouped
from qabot.script_modules import imported_by

MINUTE = timedelta(minutes=1)

register = template.Library()


@register.simple_tag
def site_name() -> str:
    return settings.SITE_NAME


@register.simple_tag
def sends_email() -> bool:
    return settings.QABOT_SENDS_EMAIL


@register.simple_tag
def openid_name() -> str:
    """The identity provider's name, for its button; empty where there is none."""
    return settings.QABOT_OPENID_PROVIDER.name if settings.QABOT_OPENID_PROVIDER else ""


@register.simple_tag
def strings_for_scripts(language: str) -> str:
    """The address of the scripts' texts in this language."""
    return address_of_strings(language)


@register.simple_tag
def module_script(name: str) -> SafeString:
    """A script, and what it imports asked for at the same time, not a round later."""
    preload = format_html_join(
        "", '<link rel="modulepreload" href="{}">\n', ((static(one),) for one in imported_by(name))
    )
    return format_html('{}<script type="module" src="{}"></script>', preload, static(name))


@register.filter
def number(value: float | None) -> str:
    """A number that is read, as the language groups it: 12,345 or 12.345. Ids stay as they are."""
    return "" if value is None else grouped(value)


@register.filter
def ago(time: datetime) -> str:
    """How long ago that was: "12 minutes ago", and "just now" within the first."""
    passed = timezone.now() - time
    return gettext("just now") if passed < MINUTE else gettext("%(time)s ago") % {"time": timesince(time)}


@register.filter
def reason(error: str) -> str:
    """Why a document failed or waits, in the reader's language."""
    return reason_in_language(error)
