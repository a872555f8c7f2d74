"""The project as an app: commands, checks, API keys and the parts of no single app."""

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register

from qabot.model_names import translate_names
from qabot.secret_key import check_secret_key


class QABotConfig(AppConfig):
    name = "qabot"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        translate_names()
        register(check_secret_key, Tags.security)
        if settings.QABOT_SENTRY is not None:
            from qabot import error_tracking  # noqa: PLC0415 - its library is installed only where it is used

            error_tracking.start(settings.QABOT_SENTRY, settings.REDACTOR)
        if settings.QABOT_METRICS is not None:
            from qabot import metrics  # noqa: PLC0415 - its library is installed only where it is used

            metrics.start(settings.QABOT_METRICS)
