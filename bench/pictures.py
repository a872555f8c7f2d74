"""Take the pictures of the documentation from the product as it is: `python -m bench.pictures`.

Starts QABot whole on a database of its own, fills it with sample documents written for this, asks, and writes
docs/images/*.png at the size of a laptop's window. Needs Chromium, as the browser tests do.
"""

import shutil
import sys

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bench.stack import ROOT, Stack
from tests.small_pdf import make_pdf

IMAGES = ROOT / "docs" / "images"
SIZE = ViewportSize(width=1280, height=800)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

HANDBOOK = [
    [
        "Employee handbook",
        "",
        "This handbook holds for everybody who works at the observatory, from the first of January 2026.",
    ],
    [
        "Leave",
        "",
        "Full-time employees have 28 days of annual leave. Five unused days may be carried over until March.",
        "Leave of more than three weeks has to be agreed with the head of department two months ahead.",
    ],
    [
        "Working from abroad",
        "",
        "Working from abroad is possible for up to 20 working days per year, after approval by the head of department.",
        "The service desk has to be told the country and the dates before the journey begins.",
        "",
        "Equipment",
        "",
        "A lost or stolen laptop must be reported to the service desk within 24 hours.",
        "Private use of a work phone is allowed within the country.",
    ],
]
TELESCOPE = """# Telescope guide

## Opening the dome

The dome is opened only when the wind is below 50 kilometres an hour and the humidity below 85 percent.
Whoever opens it writes the time and both figures into the log.

## Cooling

The camera needs forty minutes to cool down to minus 20 degrees. It must not be switched off while it is cold.
"""
RATES = "guest house;single room;double room\nweekday;48 euros;72 euros\nweekend;56 euros;84 euros\n"
QUESTIONS = ("How long may I work from abroad?", "When must a stolen laptop be reported?")


def main() -> None:
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("Chromium is not installed (apt-get install chromium).")
    with Stack() as stack:
        _fill(stack)
        link = stack.manage("signin_link", "admin").strip()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            _take(browser, link.replace("localhost", "127.0.0.1"))
            browser.close()


def _fill(stack: Stack) -> None:
    folder = stack.folder / "samples"
    folder.mkdir()
    (folder / "Employee handbook 2026.pdf").write_bytes(make_pdf(HANDBOOK))
    (folder / "Telescope guide.md").write_text(TELESCOPE, encoding="utf-8")
    (folder / "Guest house rates.csv").write_text(RATES, encoding="utf-8")
    stack.manage("ingest", str(folder), "--wait")


def _take(browser: Browser, link: str) -> None:
    page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    for number, question in enumerate(QUESTIONS, start=1):
        page.locator("textarea").fill(question)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="How this was found").nth(number - 1).wait_for()
    page.locator(".answer-text a").last.click()
    page.locator("mark").first.wait_for()
    _save(page, "source")
    found = page.get_by_role("link", name="How this was found").last.get_attribute("href") or ""
    page.goto(link.partition("/signin")[0] + found)
    _save(page, "found")


def _save(page: Page, name: str) -> None:
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
