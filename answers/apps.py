"""The answers app: question, retrieve, compose, generate, cite, store."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnswersConfig(AppConfig):
    name = "answers"
    verbose_name = _("Answers")
    default_auto_field = "django.db.models.BigAutoField"
