"""A process that crashes while it knows things it must not tell: run by tests with SENTRY_DSN set.

    python -m tests.fakes.crashing_site

Asks a question, with a key, of a view that fails with the question in its variables and in its exception.
"""

import logging
import sys

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

QUESTION = "why-was-the-canary-question-asked"
KEY = "qab_canary00_" + "0" * 64


class AppFailure(Exception):
    pass


def crash(request: HttpRequest) -> HttpResponse:
    question = request.POST["question"]
    try:
        raise ValueError(f"cannot read {question}")
    except ValueError as error:
        raise AppFailure(f"no answer to {question}") from error


urlpatterns = [path("crash", crash)]


def main() -> None:
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - after setup
    from django.test import Client  # noqa: PLC0415 - after setup

    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {KEY}", "X-Request-Id": "r-1"})
    response = client.post(f"/crash?q={QUESTION}", {"question": QUESTION})
    logging.getLogger("answers.answering").error("answer failed for %s", QUESTION, extra={"question": QUESTION})
    print(response.status_code)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
