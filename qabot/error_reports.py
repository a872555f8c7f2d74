"""What Django's error page and error mails show: never a secret, whatever a crash has in its variables."""

import re

from django.conf import settings
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter


class ReporterFilter(SafeExceptionReporterFilter):
    """Hides also the addresses that may hold a password, among settings and in the environment that runserver shows."""

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|(DATABASE|BASE|INFERENCE|EMBEDDING)_URL|CREDENTIAL",
        re.IGNORECASE,
    )


class Reporter(ExceptionReporter):
    """Names hide much, but a local variable of some library may be called anything: values are searched for too.

    Safe text stays safe when parts of it are replaced by a constant, which bandit cannot know.
    """

    def get_traceback_html(self) -> SafeString:
        return SafeString(settings.REDACTOR(super().get_traceback_html()))  # nosec

    def get_traceback_text(self) -> SafeString:
        return SafeString(settings.REDACTOR(super().get_traceback_text()))  # nosec
