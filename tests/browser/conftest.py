"""A real Chromium on a real server with a real worker. Whatever the browser complains about fails the test."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from documents.models import Collection
from documents.options import indexing_options
from documents.worker import work_until
from qabot.provider import ProviderSettings
from qabot.signin import signin_link
from tests.browser import program
from tests.browser.pictures import keep_picture
from tests.browser.visiting import PHONE, WIDE, Visit, Watched
from tests.browser.world import World, furnished_world
from tests.fakes.provider import FakeProvider
from tests.library import make_collection, make_user

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-dev-shm-usage"),
]
__all__ = ["PHONE", "SECONDS", "WIDE", "Watched", "picture", "sign_in"]
SECONDS = 30  # that anything may take on a slow machine; nothing is asserted about time


@pytest.fixture(scope="module")  # one that crashed must not take the other modules' tests along
def browser() -> Iterator[Browser]:
    executable = program.chromium()
    if executable is None:
        pytest.fail(program.MISSING) if os.environ.get("CI") == "true" else pytest.skip(program.MISSING)
    with sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, and Django would take every query for one made inside it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        launched = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield launched
        launched.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(live_server: LiveServer, settings: LazySettings) -> str:
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return live_server.url


@pytest.fixture
def shelf(site: str) -> Collection:
    """The collection of a fresh installation, which emptying the database between tests removes."""
    return Collection.objects.filter(slug="documents").first() or make_collection("documents")


@pytest.fixture
def worker(shelf: Collection) -> Iterator[None]:
    """A worker as `manage.py worker` runs it, in a thread: its parsers are processes all the same."""
    stop = threading.Event()
    working = threading.Thread(target=work_until, args=(stop, indexing_options()), daemon=True)
    working.start()
    yield
    stop.set()
    working.join()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Watched]]:
    """Opens pages, each in a browser of its own; complaints left over at the end fail the test."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_one(**options: Any) -> Watched:
        context = browser.new_context(**{"viewport": WIDE, "base_url": site, **options})
        context.set_default_timeout(SECONDS * 1000)
        watched = Watched(context.new_page(), site)
        watched.watch()
        opened.append((context, watched))
        return watched

    yield open_one
    complaints = [complaint for _, watched in opened for complaint in watched.complaints]
    for context, _ in opened:
        context.close()
    connection.close()
    assert complaints == []


@pytest.fixture
def alice(shelf: Collection) -> Any:
    return make_user("alice")


@pytest.fixture(scope="module")
def world(browser: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """A site with something of everything, for tests that only look: made once for a whole module."""
    with django_db_blocker.unblock(), furnished_world() as made:
        yield made


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Callable[..., Visit]]:
    """Opens the world's site as one of its people; what the browser complained about fails the test."""
    with ExitStack() as stack:
        opened: list[Watched] = []

        def open_one(person: str, **options: Any) -> Visit:
            settled = {"viewport": WIDE, "base_url": world.url, "reduced_motion": "reduce", **options}
            context = stack.enter_context(browser.new_context(**settled))
            context.set_default_timeout(SECONDS * 1000)
            url = settled["base_url"]
            if person:
                name, session = django_settings.SESSION_COOKIE_NAME, world.sessions[person]
                context.add_cookies([{"name": name, "value": session, "url": url}])
            watched = Watched(context.new_page(), url)
            watched.watch()
            opened.append(watched)
            return Visit(watched, world, stack)

        yield open_one
    assert [complaint for watched in opened for complaint in watched.complaints] == []


@pytest.fixture
def model(settings: LazySettings) -> Iterator[FakeProvider]:
    """A model that writes slowly enough to watch it."""
    with FakeProvider("slow:0.05") as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        yield provider


def sign_in(watched: Watched, person: Any) -> None:
    """On the first page, signed in by a cookie."""
    client = Client()
    client.force_login(person)
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": watched.base_url}
    watched.page.context.add_cookies([cookie])  # type: ignore[list-item]
    watched.page.goto("/")


def sign_in_by_link(watched: Watched, person: Any) -> None:
    """By the one-time link, as the administrator of a fresh installation does."""
    watched.page.goto(signin_link(person))
    watched.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    watched.page.wait_for_url(watched.base_url + "/")


def more_about_the_answer(watched: Watched) -> None:
    """Open the menu that holds an answer's further tools where they do not all fit into a line."""
    watched.page.locator(".answer-tools").last.wait_for()
    menu = watched.page.get_by_role("button", name="More about this answer").last
    if menu.is_visible():
        menu.click()


def picture(watched: Watched, name: str) -> None:
    keep_picture(watched.page, name)
