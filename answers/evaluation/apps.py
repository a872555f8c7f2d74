"""The evaluation app: golden questions, the runs that ask them, and their results."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "answers.evaluation"
    label = "evaluation"
    verbose_name = "Quality"
    default_auto_field = "django.db.models.BigAutoField"
