"""Django's error pages, when a crash happens where keys are at hand."""

import sys
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, path
from django.views.debug import ExceptionReporter

from qabot import urls
from qabot.error_reports import Reporter
from qabot.provider import Provider, ProviderSettings
from qabot.redaction import Redactor

KEY = "sk-canary-0123456789"
PASSWORD = "db-canary-0123456789"
OURS = "qab_ab12cd34_" + "0123456789abcdef" * 4


def crash_with_keys_at_hand(request: HttpRequest) -> HttpResponse:
    """Break inside of the SDK, called by somebody whose variables hold secrets under names that tell nothing."""
    connection_parameters = f"host=h password={PASSWORD}"
    given = request.headers.get("Authorization", "")
    Provider(ProviderSettings("http://127.0.0.1:9/v1", KEY)).embed([object()], "model", 3)  # type: ignore[list-item]
    return HttpResponse(f"{connection_parameters}{given}")


@pytest.fixture(autouse=True)
def _crashing(settings: LazySettings) -> Iterator[None]:
    settings.REDACTOR = Redactor([KEY, PASSWORD])
    settings.DATABASE_URL = f"postgres://u:{PASSWORD}@h/d"
    settings.QABOT_CHAT_PROVIDER = ProviderSettings("http://127.0.0.1:9/v1", KEY)
    broken = path("crash", crash_with_keys_at_hand)
    urls.urlpatterns.insert(0, broken)
    clear_url_caches()
    yield
    urls.urlpatterns.remove(broken)
    clear_url_caches()


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_the_debug_page_shows_no_secret(accept: str, settings: LazySettings):
    settings.DEBUG = True
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "cookie-canary-0123456789"

    response = client.get("/crash", headers={"Accept": accept, "Authorization": f"Bearer {OURS}"})

    shown = response.content.decode()
    assert response.status_code == 500
    assert "is not JSON serializable" in shown
    assert "ROOT_URLCONF" in shown  # the settings are there
    secrets = (KEY, PASSWORD, OURS, "cookie-canary-0123456789", settings.SECRET_KEY)
    assert [secret for secret in secrets if secret in shown] == []


def test_reports_show_no_secret_that_djangos_own_would(settings: LazySettings):
    settings.DEBUG = True
    request = RequestFactory().get("/crash", headers={"Authorization": f"Bearer {OURS}"})
    try:
        crash_with_keys_at_hand(request)
    except TypeError:
        failure = sys.exc_info()
    theirs, ours = ExceptionReporter(request, *failure), Reporter(request, *failure)

    assert PASSWORD in theirs.get_traceback_html()
    for shown in (ours.get_traceback_html(), ours.get_traceback_text()):
        assert [secret for secret in (KEY, PASSWORD, OURS) if secret in shown] == []
