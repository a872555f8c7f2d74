"""What answering needs to know of the settings. An edge: reads Django's settings, so that answering does not."""

from django.conf import settings

from answers.answering import AnsweringOptions
from answers.generation import Writer
from qabot.provider import provider_for


def options_from_settings() -> AnsweringOptions:
    provider = settings.QABOT_CHAT_PROVIDER
    writer = Writer(provider_for(provider), settings.QABOT_CHAT_MODEL) if provider is not None else None
    return AnsweringOptions(writer=writer, prompt_tokens=settings.QABOT_PROMPT_TOKENS)
