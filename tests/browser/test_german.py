"""In a German browser every page is German: no text of ours is left in English, and dates and numbers are written so.

`tests/qabot/test_translations.py` says that each text has a translation; this, that each page shows it.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from bench.catalogues import SOURCES, read
from tests.browser.conftest import picture
from tests.browser.pages import PLAIN
from tests.browser.visiting import PHONE, WIDE, Visit
from tests.browser.world import OFF_TOPIC
from tests.qabot.test_translations import texts, translations

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# What people wrote, and what is called the same: a collection's name, file names, models.
WRITTEN = {"Documents", "documents", "Minutes", "Leave"}
DJANGOS = {"Search"}  # the name of a picture in its admin, not marked there
PLACE = re.compile(r"%\(\w+\)[a-z]|%[a-z]")
SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element.closest("script, style, template, code, [lang='']")) continue;
    texts.push(walker.currentNode.data);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt], input[type=submit]")) {
    for (const name of ["title", "aria-label", "placeholder", "alt"]) texts.push(element.getAttribute(name) ?? "");
    if (element.matches("input[type=submit]")) texts.push(element.value);
  }
  return [document.title, ...texts].map((text) => text.replaceAll(/\\s+/g, " ").trim()).filter(Boolean);
}"""


def _pattern(text: str) -> re.Pattern[str]:
    """What a page would show of it, with anything where something is filled in."""
    plain = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", text).replace("%%", "%"))
    return re.compile(".{1,120}".join(map(re.escape, PLACE.split(plain))))


STANDS_OUT = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility())
  .map((element) => `${element.tagName} ${element.className} ${element.innerText?.slice(0, 40)}`)"""


def _says_enough(text: str) -> bool:
    """Not "%(count)s days", which somebody's question may end with."""
    letters = sum(map(str.isalpha, PLACE.sub("", text)))
    return letters >= (12 if PLACE.search(text) else 2)


def _patterns() -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
    """Our English texts whose German ones are others, and the German ones."""
    messages = [message for domain in SOURCES for message in read("de", domain) if message.id]
    pairs = [pair for message in messages for pair in zip(texts(message), translations(message), strict=True)]
    telling = {text for text, german in pairs if text != german and _says_enough(text)}
    return [_pattern(text) for text in telling - WRITTEN - DJANGOS], [_pattern(german) for _, german in pairs]


ENGLISH, GERMAN = _patterns()


def left_in_english(visit: Visit) -> list[str]:
    shown = set(visit.page.evaluate(SHOWN))
    english = {text for text in shown if any(pattern.fullmatch(text) for pattern in ENGLISH)}
    return sorted(text for text in english if not any(pattern.fullmatch(text) for pattern in GERMAN))


@pytest.mark.parametrize(("name", "person", "path"), PLAIN, ids=[name for name, *_ in PLAIN])
def test_no_text_of_ours_is_left_in_english(name: str, person: str, path: str, visit: Callable[..., Visit]):
    visitor = visit(person, locale="de-DE")
    visitor.goto(path)

    expect(visitor.page.locator("html")).to_have_attribute("lang", "de")
    assert left_in_english(visitor) == []


def test_an_answer_is_streamed_in_german(visit: Callable[..., Visit]):
    visitor = visit("alice", locale="de-DE")
    visitor.model("")
    visitor.goto("/")
    visitor.ask(OFF_TOPIC)

    expect(visitor.page.locator(".exchange").last).to_contain_text("Die Dokumente enthalten keine Antwort")
    assert left_in_english(visitor) == []


def test_a_choice_on_the_account_page_changes_the_language_and_stays(visit: Callable[..., Visit]):
    visitor = visit("alice", locale="de-DE")
    visitor.goto("/account")
    visitor.page.get_by_role("button", name="English").click()
    visitor.page.wait_for_function("document.documentElement.lang === 'en'")
    visitor.goto("/documents")

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Documents")
    assert (
        visitor.page.evaluate("performance.getEntriesByType('resource').filter(r => /js-strings/.test(r.name))") == []
    )


def test_dates_and_sizes_are_written_as_in_german(visit: Callable[..., Visit]):
    visitor = visit("alice", locale="de-DE")
    visitor.goto("/documents")
    shown = visitor.page.get_by_role("main").inner_text()

    assert re.search(
        r"\d{1,2}\. (?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)"
        r"|\d{2}\.\d{2}\.\d{4}",
        shown,
    )
    assert not re.search(r"\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}|\d\.\d [KM]B", shown)


@pytest.mark.parametrize(
    ("name", "person", "path"),
    [
        ("ask", "alice", "/"),
        ("answer", "alice", "/conversations/{rich}"),
        ("refused", "alice", "/conversations/{refused}"),
        ("documents", "alice", "/documents"),
        ("account", "alice", "/account"),
        ("found", "alice", "/answers/{rich_answer}/found"),
        ("admin", "root", "/admin/"),
        ("admin-documents", "root", "/admin/documents/document/"),
    ],
)
def test_german_words_fit(name: str, person: str, path: str, visit: Callable[..., Visit]):
    """German is a third longer. Nothing may be pushed off the page."""
    visitor = visit(person, locale="de-DE")
    for width, viewport in {"wide": WIDE, "phone": PHONE, "narrow": {"width": 320, "height": 700}}.items():
        visitor.resize(viewport)  # type: ignore[arg-type]
        visitor.goto(path)
        picture(visitor.watched, f"german-{name}-{width}")
        assert (width, visitor.page.evaluate(STANDS_OUT)) == (width, [])
