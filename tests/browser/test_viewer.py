"""Reading a document in a real browser: the quote on the picture and in the text, zoom, keys, search, failures."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from documents.models import Document
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.drawn_pdf import DrawnPage, Line, draw_pdf
from tests.library import index_file, index_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

QUOTE = "Every employee is entitled to 28 days of paid annual leave"


def handbook() -> bytes:
    def lines(page: int) -> tuple[Line, ...]:
        words = [f"Page {page}, line {n}: plain words about the office." for n in range(40)]
        words[30] = f"{QUOTE}, and the second page of these says so." if page == 2 else words[30]
        return tuple(Line(60, 780 - 18 * n, text) for n, text in enumerate(words))

    return draw_pdf(*(DrawnPage(lines(page)) for page in (1, 2, 3)))


@pytest.fixture(autouse=True)
def kept(settings: LazySettings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "page-pictures"


@pytest.fixture
def document(alice: Any, shelf: Any) -> Document:
    return index_file(shelf, "handbook.pdf", handbook(), alice)


def deep_link(document: Document, more: str = "") -> str:
    start = document.pages.get(number=2).text.index(QUOTE)
    return f"/documents/{document.pk}/pages/2?start={start}&end={start + len(QUOTE)}{more}#quote"


def choose(watched: Watched, name: str) -> None:
    watched.page.locator(".segments label", has_text=name).click()


def zoom(watched: Watched) -> str:
    value: str = watched.page.locator('[name="zoom"]:checked').get_attribute("value") or ""
    return value


def test_a_quote_is_seen_on_the_page_as_it_looks_and_in_its_text(open_page, alice, document):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(deep_link(document))

    expect(page.locator(".page-picture")).to_be_visible()
    page.wait_for_function("document.querySelector('.page-picture').naturalWidth > 0")
    expect(page.locator(".quote-mark rect").first).to_be_in_viewport()
    expect(page.locator("#quote")).to_be_in_viewport()
    assert page.locator("#quote").text_content() == QUOTE
    assert page.evaluate("getComputedStyle(document.querySelector('.page-marks')).mixBlendMode") == "multiply"
    picture(watched, "viewer-quote")


def test_nothing_moves_when_the_picture_comes(open_page, alice, document):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
        " window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(deep_link(document))
    page.wait_for_function("document.querySelector('.page-picture').naturalWidth > 0")

    assert page.evaluate("window.shift") < 0.01
    image = page.locator(".page-picture")
    width, height = int(image.get_attribute("width") or 0), int(image.get_attribute("height") or 0)
    box = image.bounding_box()
    assert box and abs(box["height"] / box["width"] - height / width) < 0.01


def test_keys_turn_pages_and_zoom_and_leave_what_is_typed_alone(open_page, alice, document):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(f"/documents/{document.pk}/pages/1?answer=7")

    page.keyboard.press("]")
    page.wait_for_url(f"**/documents/{document.pk}/pages/2?answer=7")
    page.keyboard.press("[")
    page.wait_for_url(f"**/documents/{document.pk}/pages/1?answer=7")
    for key, size in (("+", "100"), ("+", "150"), ("+", "200"), ("+", "200"), ("-", "150")):
        page.keyboard.press(key)
        assert zoom(watched) == size
    before = page.locator(".page-picture").bounding_box()
    page.reload()
    after = page.locator(".page-picture").bounding_box()
    assert zoom(watched) == "150" and before and after and before["width"] == after["width"] == 1189.5  # 793 pixels

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a]b+c[")
    expect(page.get_by_role("searchbox")).to_have_value("a]b+c[")
    assert zoom(watched) == "150" and "/pages/1" in page.url


def test_a_page_number_is_typed_and_a_wrong_one_leads_on(open_page, alice, document):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(f"/documents/{document.pk}/pages/1")

    page.get_by_label("Page", exact=True).fill("3")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/documents/{document.pk}/pages/3")
    page.get_by_label("Page", exact=True).fill("77")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="There is no page 77")).to_be_visible()
    picture(watched, "viewer-no-such-page")
    watched.forgive("404")
    page.get_by_role("link", name="Go to the first page").click()
    page.wait_for_url(f"**/documents/{document.pk}/pages/1")


def test_a_search_leads_from_place_to_place(open_page, alice, document):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(f"/documents/{document.pk}/pages/1")

    page.get_by_role("searchbox").fill("ANNUAL leave")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 place with “ANNUAL leave”")).to_be_visible()
    page.locator(".found-places a").click()

    page.wait_for_url(f"**/documents/{document.pk}/pages/2?q=ANNUAL+leave#match-1")
    expect(page.locator("#match-1")).to_have_text("annual leave")
    expect(page.locator("#match-1")).to_be_in_viewport()
    expect(page.locator(".found-mark.here rect")).to_be_in_viewport()
    picture(watched, "viewer-search")
    page.get_by_role("link", name="End the search").click()
    expect(page.locator(".found-places")).to_have_count(0)


def test_on_a_phone_one_thing_is_seen_at_a_time_and_the_choice_is_remembered(open_page, alice, document):
    watched = open_page(viewport=PHONE)
    page = watched.page
    sign_in(watched, alice)
    page.goto(deep_link(document))

    expect(page.locator(".pane-picture")).to_be_visible()
    expect(page.locator(".pane-text")).to_be_hidden()
    expect(page.locator(".quote-mark rect").first).to_be_in_viewport()
    choose(watched, "Text")
    expect(page.locator("#quote")).to_be_in_viewport()
    expect(page.locator(".pane-picture")).to_be_hidden()
    picture(watched, "viewer-phone-text")
    page.keyboard.press("]")
    page.wait_for_url(re.compile("/pages/3$"))
    expect(page.locator(".pane-text")).to_be_visible()
    expect(page.locator(".pane-picture")).to_be_hidden()


def test_a_picture_that_does_not_come_gives_way_to_the_text(open_page, alice, document):
    watched = open_page(viewport=PHONE)
    page = watched.page
    sign_in(watched, alice)
    page.clock.install()
    page.route("**/picture*", lambda route: route.fulfill(status=503, body=""))
    page.goto(deep_link(document))

    for _ in range(2):
        page.wait_for_timeout(300)
        page.clock.fast_forward(4000)
    expect(page.get_by_text("This page cannot be shown as a picture just now.")).to_be_visible()
    expect(page.locator("#quote")).to_be_in_viewport()
    picture(watched, "viewer-no-picture")
    watched.complaints.clear()  # the refused pictures, however often the browser tried


def test_without_scripts_the_quote_is_there_and_all_of_the_bar_works(open_page, alice, document):
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in(watched, alice)
    page.goto(deep_link(document))

    expect(page.locator("#quote")).to_be_in_viewport()
    expect(page.locator(".quote-mark rect").first).to_be_visible()
    choose(watched, "200")
    box = page.locator(".page-picture").bounding_box()
    assert box and box["width"] == 2 * 793
    choose(watched, "Text")
    expect(page.locator(".pane-picture")).to_be_hidden()
    page.get_by_label("Page", exact=True).fill("3")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/documents/{document.pk}/pages/3")


def test_other_formats_are_read_as_text_with_their_contents(open_page, alice, shelf):
    words = "Some words about it. " * 200
    document = index_text(shelf, "guide.md", f"# Guide\n\n{words}\n\n## Leave\n\nTake it.\n\n## Pay\n\n{words}", alice)
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    page.goto(f"/documents/{document.pk}/pages/1")

    expect(page.locator(".segments, .page-picture")).to_have_count(0)
    page.get_by_role("button", name="Contents").click()
    picture(watched, "viewer-contents")
    page.get_by_role("link", name="Leave 1").click()
    expect(page.get_by_role("heading", name="Leave")).to_be_in_viewport()


def test_from_right_to_left_and_at_320_pixels_nothing_is_cut_off(open_page, alice, document):
    watched = open_page(viewport={"width": 320, "height": 640})
    page = watched.page
    sign_in(watched, alice)
    for direction in ("ltr", "rtl"):
        page.goto(deep_link(document))
        page.evaluate("(dir) => { document.documentElement.dir = dir; }", direction)
        picture(watched, f"viewer-320-{direction}")
        assert page.evaluate("document.querySelector('main').scrollWidth <= document.documentElement.clientWidth")
