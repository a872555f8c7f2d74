"""The project as an app: commands, checks, API keys and the parts of no single app."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from qabot.secret_key import check_secret_key


class QABotConfig(AppConfig):
    name = "qabot"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_secret_key, Tags.security)
