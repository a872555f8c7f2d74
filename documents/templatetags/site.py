"""What every page's frame says of this site. Knows nothing of documents."""

from django import template
from django.conf import settings

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
