"""A page of a real browser, with everything that it complained about, and somebody who visits a site with it."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from django.conf import settings
from django.template.loader import render_to_string
from django.test import override_settings
from playwright.sync_api import ConsoleMessage, Page, Request, Route, ViewportSize

from qabot.middleware import CONTENT_SECURITY_POLICY
from tests.browser.world import World, model

WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
FORGIVING_ROUNDS, FORGIVING_MS = 100, 20


@dataclass
class Watched:
    """A page, and everything its browser complained about."""

    page: Page
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.context.route("**/*", self._stay_here)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium reports a breach of the content security policy as an error of the console.
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _stay_here(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.base_url, "data:", "blob:")):
            route.continue_()
        else:
            self.complaints.append(f"off this host: {request.url}")
            route.abort()

    def forgive(self, part: str) -> None:
        """Take back one complaint that the test brought about on purpose; it may still be on its way."""
        for _ in range(FORGIVING_ROUNDS):
            if any(part in complaint for complaint in self.complaints):
                break
            self.page.wait_for_timeout(FORGIVING_MS)
        self.complaints.remove(next(complaint for complaint in self.complaints if part in complaint))


@dataclass
class Visit:
    """One person's browser on the world's site. What a state started ends with `stack`."""

    watched: Watched
    world: World
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def page(self) -> Page:
        return self.watched.page

    def goto(self, path: str) -> None:
        self.page.goto(self.world.address(path))

    def resize(self, viewport: ViewportSize) -> None:
        self.page.set_viewport_size(viewport)

    def model(self, mode: str) -> None:
        self.stack.enter_context(model(mode))

    def set(self, **values: object) -> None:
        """Settings as they are to be while this visit lasts."""
        self.stack.enter_context(override_settings(**values))

    def ask(self, question: str) -> None:
        self.page.locator("#composer textarea").fill(question)
        self.page.keyboard.press("Enter")

    def show(self, template: str, status: int, **context: object) -> None:
        """A page that only a failing server sends, as that sends it."""
        answer = {"Content-Type": "text/html", "Content-Security-Policy": CONTENT_SECURITY_POLICY}
        html = render_to_string(template, {"site_name": settings.SITE_NAME, **context})
        self.page.route("**/failing", lambda route: route.fulfill(status=status, headers=answer, body=html), times=1)
        self.page.goto("/failing")
        self.watched.forgive(f"status of {status}")
