"""The evaluation app: golden questions, the runs that ask them, and their results."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "answers.evaluation"
    label = "evaluation"
    verbose_name = _("Quality")
    default_auto_field = "django.db.models.BigAutoField"
