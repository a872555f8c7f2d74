"""Take the pictures of the documentation from the product as it is: `python -m bench.pictures`.

Starts QABot whole on a database of its own, without a model, adds the sample documents it comes with, asks, and writes
docs/images/*.png: what a laptop's window shows, and a phone's. Needs Chromium, as the browser tests do.
"""

import sys
from io import BytesIO

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from bench.stack import ROOT, Stack
from tests.browser import program

IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "documents" / "samples"
LAPTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOST_BYTES = 200_000
COLOURS = 256  # of a palette: text on paper needs no more
WAIT_MS = 60_000

QUESTIONS = (
    "When may the dome not be opened?",
    "What does a double room cost at the weekend?",
    "How many working days may I work from abroad?",
)
OFF_TOPIC = "Who won the world cup in 1954?"


def main() -> None:
    executable = program.chromium()
    if executable is None:
        sys.exit(f"{program.MISSING}.")
    with Stack() as stack:
        stack.manage("ingest", str(SAMPLES), "--wait")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            for take in (_take_laptop, _take_phone):
                link = stack.manage("signin_link", "admin").strip().replace("localhost", "127.0.0.1")
                take(browser, link)
            browser.close()


def _take_laptop(browser: Browser, link: str) -> None:
    page = _signed_in(browser, link, LAPTOP)
    for number, question in enumerate((OFF_TOPIC, *QUESTIONS), start=1):
        if number == 3:  # the last two make a conversation of their own
            page.goto(_address(link, "/"))
        _ask(page, question)
    page.locator(".exchange").last.locator("a.citation").first.click()
    expect(page.locator("#source mark").first).to_be_visible(timeout=WAIT_MS)
    _settle(page)
    _save(page, "ask")

    page.locator("#source").get_by_role("link", name="Open the page").click()
    page.wait_for_url("**/documents/*/pages/*")
    _settle(page)
    _save(page, "viewer")
    for name, path in (("documents", "/documents"), ("admin", "/admin/")):
        page.goto(_address(link, path))
        _settle(page)
        _save(page, name)
    page.goto(_address(link, _found(page, link)))
    _settle(page)
    _save(page, "found")


def _take_phone(browser: Browser, link: str) -> None:
    page = _signed_in(browser, link, PHONE)
    _ask(page, QUESTIONS[-1])
    _settle(page)
    _save(page, "phone")


def _found(page: Page, link: str) -> str:
    """The address of how the last answer was found."""
    page.goto(_address(link, "/"))
    page.get_by_role("link", name=QUESTIONS[1]).first.click()
    page.locator(".exchange[data-answer]").first.wait_for()
    return page.locator("a[href$='/found']").last.get_attribute("href") or ""


def _signed_in(browser: Browser, link: str, size: ViewportSize) -> Page:
    context = browser.new_context(viewport=size, color_scheme="light", reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def _address(link: str, path: str) -> str:
    return link.partition("/signin")[0] + path


def _ask(page: Page, question: str) -> None:
    answered = page.locator(".exchange[data-answer]").count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".exchange[data-answer]")).to_have_count(answered + 1, timeout=WAIT_MS)


def _settle(page: Page) -> None:
    """Wait for the pictures of pages, too, which the server draws when they are asked for."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")


def _save(page: Page, name: str) -> None:
    """What the window shows, with a palette instead of true colours: a quarter of the bytes."""
    shown = Image.open(BytesIO(page.screenshot())).convert("RGB")
    path = IMAGES / f"{name}.png"
    shown.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)} {path.stat().st_size:,} bytes")
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path.name} has more than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
