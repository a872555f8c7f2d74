"""The pages of errors, as people see them: calm, whole at every width, and each with a next step.

Made by the handlers that make them, and put under an address of the live server, whose styles and scripts they load.
"""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.csrf import csrf_failure
from django.views.defaults import permission_denied
from playwright.sync_api import Route, expect

from qabot.problems import Problem, bad_request, page_not_found, refuse, server_error
from qabot.rate_limits import RateLimited
from tests.browser.conftest import picture
from tests.browser.pictures import SEEN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
LOOKS: dict[str, dict[str, Any]] = {
    **{look: options for look, options in SEEN.items() if look != "phone-dark"},
    "narrow-dark": {**NARROW, "color_scheme": "dark"},
}
HEADINGS = {
    "400": "That could not be read",
    "403": "This is not open to you",
    "403_csrf": "This form cannot be taken",
    "404": "There is nothing here",
    "413": "That is too much at once",
    "429": "That was too often",
    "500": "Something went wrong",
    "503": "Not available just now",
}


def request_of(method: str = "get") -> HttpRequest:
    request = getattr(RequestFactory(), method)("/nowhere", headers={"X-Request-Id": "3f0c1a7e-58b2-4a0f"})
    request.user = AnonymousUser()
    request.session = {}
    return request


def failing(error: Exception, request: HttpRequest) -> HttpResponse:
    try:
        raise error
    except type(error):
        return server_error(request)


def error_page(name: str, request: HttpRequest) -> HttpResponse:
    """The page, by the handler that answers with it."""
    if name == "400":
        return bad_request(request, ValueError())
    if name == "403":
        return permission_denied(request, PermissionDenied())
    if name == "403_csrf":
        return csrf_failure(request)
    if name == "404":
        return page_not_found(request, Http404())
    if name == "413":
        return refuse(request, Problem(413, "too_large", "The request is larger than what can be taken."))
    if name == "429":
        return refuse(request, RateLimited("ask", 42))
    return failing(OperationalError() if name == "503" else ValueError(), request)


def put_under(watched: Any, response: HttpResponse, address: str = "/nowhere") -> None:
    """Open this response as that of an address."""
    watched.page.route(
        f"**{address}",
        lambda route, _request: route.fulfill(
            status=response.status_code, content_type="text/html; charset=utf-8", body=response.content.decode()
        ),
    )
    watched.page.goto(address)
    watched.forgive(str(response.status_code))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", HEADINGS)
def test_an_error_says_what_happened_and_what_to_do(name, look, open_page):
    watched = open_page(**LOOKS[look])
    put_under(watched, error_page(name, request_of()))

    expect(watched.page.get_by_role("heading", name=HEADINGS[name], level=1)).to_be_visible()
    expect(watched.page.locator(".problem .actions a").first).to_be_visible()
    expect(watched.page.locator(".problem-id")).to_contain_text("3f0c1a7e-58b2-4a0f")
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(watched, f"error-{name}-{look}")


def test_too_often_says_when_to_come_again(open_page):
    watched = open_page()
    put_under(watched, error_page("429", request_of()))

    expect(watched.page.get_by_text("Try again in 42 seconds.")).to_be_visible()


def test_the_page_comes_back_by_itself_once_the_service_does(open_page):
    watched = open_page()
    answers = iter((503, 200))
    page = error_page("503", request_of()).content.decode().replace('data-retry-after="5"', 'data-retry-after="0.2"')

    def answer(route: Route) -> None:
        if route.request.method == "HEAD":
            route.fulfill(status=next(answers, 200))
        elif next(shown, "back") == "away":
            route.fulfill(status=503, content_type="text/html", body=page)
        else:
            route.fulfill(status=200, content_type="text/html", body="<!doctype html><h1>Here again</h1>")

    shown = iter(("away", "back"))
    watched.page.route("**/nowhere", answer)
    watched.page.goto("/nowhere")
    expect(watched.page.get_by_text("This page comes back by itself.")).to_be_visible()

    expect(watched.page.get_by_role("heading", name="Here again")).to_be_visible()
    while any("503" in complaint for complaint in watched.complaints):
        watched.forgive("503")


def test_what_was_sent_is_not_sent_again_by_itself(open_page):
    watched = open_page()
    put_under(watched, error_page("503", request_of("post")))

    expect(watched.page.get_by_role("link", name="Back to the start")).to_be_visible()
    assert watched.page.locator("script").count() == 0


def test_the_look_that_was_chosen_holds_on_a_page_without_database(open_page):
    request = request_of()
    request.COOKIES["theme"] = "dark"
    watched = open_page(color_scheme="light")
    put_under(watched, error_page("500", request))

    assert watched.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 24, 26)"


def test_an_error_is_left_by_keyboard_and_without_scripts(open_page):
    watched = open_page(java_script_enabled=False)
    put_under(watched, error_page("503", request_of()))

    again = watched.page.get_by_role("link", name="Try again")
    expect(again).to_have_attribute("href", "")
    expect(watched.page.get_by_text("This page comes back by itself.")).to_be_hidden()
