"""One exchange of the ask page in a real browser: how an answer grows, what can be done with it, and where it leads."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from answers.copying import as_markdown
from answers.models import Answer, Feedback
from answers.rendering import render_answer
from documents.models import Collection
from qabot.provider import ProviderSettings
from tests.browser.conftest import PHONE, SECONDS, Watched, picture, sign_in
from tests.fakes.provider import FakeProvider
from tests.library import index_file, index_text
from tests.small_pdf import make_pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

expect.set_options(timeout=SECONDS * 1000)

HANDBOOK = [
    ["Leave", "Full-time employees have 28 days of annual leave.", "Five unused days may be carried over until March."],
    ["Working from abroad is possible for up to 20 working days per year."],
]
LEAVE = "How many days of annual leave do full-time employees have?"
RICH = """Full-time employees have **28 days** of annual leave [1]. What matters besides:

1. Five unused days may be carried over until March [1].
2. The observatory gives a *medal* to everybody who asks for `leave`.

| Kind | Days |
| --- | --- |
| Annual leave | 28 |
| Abroad | 20 |

```
leave = 28 + carried_over
```

The days are counted from the first of January; whoever begins later has a twelfth of them for each month left.
"""
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "[click](javascript:alert(3)) ![pixel](http://127.0.0.1:9/p.png) <http://127.0.0.1:9/>",
    "**bold *both** one* __x_ `a` ``b`c`` \\*no\\* [1][2, 3] 【4†x】 [^5] [1](http://x)",
    "- a\n  - b\n    - c\n\n  more\n- d\n\n3. three\n4. four\n\n> q\n> - list\n\n# One\n## Two #\n\n| a |\n|---|\n| b",
    "```\nnever closed <b>\n- no list",
    "[" * 400 + "*" * 401 + "_a_" * 100 + "`" * 33,
]


@pytest.fixture
def model(settings: LazySettings) -> Iterator[FakeProvider]:
    """A model that writes slowly enough to watch it."""
    with FakeProvider("slow:0.02") as provider:
        settings.QABOT_CHAT_PROVIDER = ProviderSettings(provider.base_url, "key")
        settings.QABOT_CHAT_MODEL = "fake-chat"
        yield provider


@pytest.fixture
def handbook(shelf: Collection) -> None:
    index_file(shelf, "handbook.pdf", make_pdf(HANDBOOK))
    index_text(shelf, "rules.txt", "Everybody has 28 days of annual leave, and a medal is given to nobody.")


def ask(watched: Watched, question: str = LEAVE) -> None:
    watched.page.locator("#composer textarea").fill(question)
    watched.page.keyboard.press("Enter")


def finished(watched: Watched, number: int = 1) -> Any:
    shown = watched.page.locator(".exchange[data-answer]").nth(number - 1)
    expect(shown.locator(".answer-tools")).to_be_visible()
    return shown


def listen(watched: Watched) -> None:
    """Note every sentence of the live region, and whatever moves by itself, from the next page on."""
    watched.page.add_init_script("""
        window.heard = []; window.shifts = [];
        const name = (node) => (node?.closest ? node : node?.parentElement)?.closest("#exchanges *")?.className ?? "";
        const noted = (entry) => ({ value: entry.value, moved: entry.sources.map(({ node }) => name(node)) });
        new PerformanceObserver((list) => shifts.push(...list.getEntries().filter((e) => !e.hadRecentInput).map(noted)))
          .observe({ type: "layout-shift", buffered: true });
        addEventListener("DOMContentLoaded", () => {
          const line = document.getElementById("asking-status");
          if (line) new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true });
        });
    """)


# While it is being written


def test_an_answer_grows_and_settles_without_moving_what_is_read(open_page, handbook, alice, model):
    watched = open_page()
    page = watched.page
    listen(watched)
    sign_in(watched, alice)
    ask(watched)
    finished(watched)
    model.says = RICH
    ask(watched)
    expect(page.locator(".streaming table td").last).to_have_text("20")
    places = """() => [".question", ".answer-text > p", ".answer-text > ol", ".answer-text > table"].map((part) =>
        Math.round(document.querySelector(".exchange:last-child " + part).getBoundingClientRect().top))"""
    before = page.evaluate(places)
    picture(watched, "answer-streaming")
    finished(watched, 2)

    assert page.evaluate(places) == before
    shifts = page.evaluate("shifts")
    print(f"\nlayout shift of two answers: {sum(shift['value'] for shift in shifts):.4f}")
    assert sum(shift["value"] for shift in shifts) < 0.02
    # Of all that stands in the conversation, the line "Writing…" below the text alone moves down.
    assert {name for shift in shifts for name in shift["moved"]} <= {"stage", ""}


def test_whoever_has_scrolled_up_is_not_pulled_down(open_page, handbook, alice, model):
    watched = open_page(viewport={"width": 1280, "height": 500})
    page = watched.page
    sign_in(watched, alice)
    model.says = RICH
    ask(watched)
    finished(watched)
    ask(watched)
    expect(page.locator(".streaming ol")).to_be_visible()
    page.mouse.move(640, 200)
    page.mouse.wheel(0, -5000)
    page.wait_for_function("scrollY === 0")
    finished(watched, 2)

    assert page.evaluate("scrollY") == 0


def test_it_says_what_it_is_doing_and_how_it_ended_but_not_every_word(open_page, handbook, alice, model):
    watched = open_page()
    listen(watched)
    sign_in(watched, alice)
    model.says = "Employees have 28 days of annual leave [1]. Five unused days may be carried over until March [1]."
    ask(watched)
    finished(watched)

    watched.page.wait_for_function("heard.length > 3")
    heard = watched.page.evaluate("heard")
    sources = Answer.objects.get().citations.count()
    assert heard[0] == "Searching…" and re.fullmatch(r"Reading \d+ passages…", heard[1])
    assert heard[2:] == ["Writing…", f"Answer complete, {sources} sources"]


def test_what_is_shown_while_it_is_written_has_the_shape_of_the_end_and_nothing_else(open_page, alice, shelf):
    watched = open_page()
    sign_in(watched, alice)
    draw = """async (text) => {
        const { StreamedText } = await import("/static/js/streamed_text.js");
        const place = document.createElement("div");
        const streamed = new StreamedText(place);
        for (let at = 0; at < text.length; at += 7) { streamed.add(text.slice(at, at + 7)); streamed.draw(); }
        streamed.end();
        return place.innerHTML;
    }"""
    allowed = r"</?(p|br|blockquote|pre|code|em|strong|ul|ol|li|span|h[1-6]|table|thead|tbody|tr|th|td)"
    allowed += r'( class="citation coming"| start="\d+")?>'

    assert tags(watched.page.evaluate(draw, RICH)) == tags(render_answer(RICH, lambda number: "/c"))
    for text in HOSTILE:
        html = watched.page.evaluate(draw, text)
        assert re.sub(allowed, "", html).count("<") == 0, html


@pytest.mark.parametrize("mark", [">", "- ", "> - "])
def test_thousands_of_quotes_and_lists_within_each_other_are_written_all_the_same(open_page, alice, shelf, mark):
    watched = open_page()
    sign_in(watched, alice)
    draw = """async (text) => {
        const { StreamedText } = await import("/static/js/streamed_text.js");
        const place = document.createElement("div");
        const streamed = new StreamedText(place);
        streamed.add(text);
        streamed.end();
        return place.textContent;
    }"""

    assert watched.page.evaluate(draw, mark * 20_000 + " the end").endswith("the end")


def tags(html: str) -> list[str]:
    """The elements in order; a mark is one, whether it is a link already or not."""
    return re.findall(r"</?\w+", re.sub(r'<(a|span) class="citation.*?</\1>', "<mark>", html))


def test_a_stopped_answer_keeps_what_came_and_is_asked_again(open_page, handbook, alice, model):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    model.mode, model.says = "trickle", "Employees have **28 days** of leave [1]. "
    ask(watched)
    expect(page.locator(".streaming strong").first).to_have_text("28 days")
    page.keyboard.press("Escape")

    stopped = finished(watched)
    expect(stopped.locator(".answer-state")).to_have_text("Stopped.")
    expect(stopped.locator(".answer-text strong").first).to_have_text("28 days")
    expect(stopped.locator("a.citation").first).to_be_visible()
    assert model.requests[-1].client_left.wait(5)
    picture(watched, "answer-stopped")
    model.mode, model.says = "ok", ""
    stopped.get_by_role("button", name="Try again").click()
    expect(finished(watched, 2)).to_contain_text("28 days of annual leave")
    assert sorted(Answer.objects.values_list("status", flat=True)) == ["done", "interrupted"]


# What it rests on


def test_a_mark_says_its_document_and_page_by_keyboard_and_mouse(open_page, handbook, alice, model):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    ask(watched)
    mark, tip = finished(watched).locator("a.citation").first, page.get_by_role("tooltip")
    page.locator(".exchange .question").focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    expect(tip).to_have_text("handbook.pdf, page 1")
    expect(mark).to_have_attribute("aria-describedby", "source-tip")
    picture(watched, "answer-tip")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(mark).to_be_focused()

    mark.hover()
    expect(tip).to_be_visible()
    tip.hover()  # it may be pointed at itself
    page.wait_for_timeout(300)
    expect(tip).to_be_visible()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_a_tap_opens_the_source_without_a_tip(open_page, handbook, alice, model):
    watched = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    sign_in(watched, alice)
    ask(watched)
    finished(watched).locator("a.citation").first.tap()

    expect(watched.page.locator("#source #quote")).to_be_in_viewport()
    expect(watched.page.get_by_role("tooltip")).to_have_count(0)


def test_from_source_to_source_to_the_page_and_back(open_page, handbook, alice, model):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    model.says = "Employees have 28 days of annual leave [1]. Five unused days may be carried over until March [1]."
    ask(watched)
    shown = finished(watched)
    shown.locator("a.citation").first.click()
    panel = page.locator("#source")
    expect(panel).to_contain_text("Source 1 of 2")
    expect(panel.locator("#quote")).to_have_text("Full-time employees have 28 days of annual leave.")
    expect(panel.locator(".source-cutting image")).to_be_visible()
    expect(panel.locator(".source-mark rect")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    picture(watched, "answer-source-picture")
    page.keyboard.press("ArrowRight")
    expect(panel.locator("#quote")).to_have_text("Five unused days may be carried over until March.")
    expect(shown.locator('a.citation[aria-current="true"]')).to_have_text("2")
    page.keyboard.press("ArrowRight")  # there is no third
    panel.get_by_role("link", name="Previous source").click()
    expect(panel).to_contain_text("Source 1 of 2")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(shown.locator("a.citation").first).to_be_focused()

    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Open the page").click()
    page.wait_for_url(re.compile(rf"/pages/1\?start=\d+&end=\d+&answer={Answer.objects.get().pk}"))
    expect(page.locator("#quote").first).to_be_visible()


# What can be done with it


def test_it_is_copied_as_markdown_with_its_sources(open_page, handbook, alice, model):
    watched = open_page(permissions=["clipboard-read", "clipboard-write"])
    listen(watched)
    sign_in(watched, alice)
    ask(watched)
    shown = finished(watched)
    shown.get_by_role("button", name="Copy").click()

    expect(shown.locator(".copy-label")).to_have_text("Copied")
    assert watched.page.evaluate("navigator.clipboard.readText()") == as_markdown(Answer.objects.get())
    assert watched.page.evaluate("heard").pop() == "Copied"


def test_where_the_clipboard_is_closed_there_is_a_page_to_copy_from(open_page, handbook, alice, model):
    watched = open_page()
    sign_in(watched, alice)
    ask(watched)
    watched.page.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('not allowed')); }")
    finished(watched).get_by_role("button", name="Copy").click()

    watched.page.wait_for_url(re.compile(r"/answers/\d+/copy"))
    expect(watched.page.get_by_role("textbox")).to_have_value(as_markdown(Answer.objects.get()))


def test_thumbs_are_pressed_taken_back_and_a_comment_survives_a_failure(open_page, handbook, alice, model):
    watched = open_page()
    page = watched.page
    sign_in(watched, alice)
    ask(watched)
    shown = finished(watched)
    up, down = shown.get_by_role("button", name="This helped"), shown.get_by_role("button", name="This did not help")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_be_focused()
    up.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    assert not Feedback.objects.exists()

    down.click()
    expect(shown.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Which <b>year</b>?")
    page.route("**/feedback", lambda route: route.abort(), times=1)
    shown.get_by_role("button", name="Send").click()
    expect(shown.get_by_role("alert")).to_contain_text("The server could not be reached.")
    watched.forgive("Failed to load resource")
    expect(shown.get_by_role("textbox")).to_have_value("Which <b>year</b>?")
    shown.get_by_role("button", name="Send").click()
    expect(shown.get_by_role("link", name="Your comment")).to_be_visible()
    expect(down).to_be_focused()
    assert list(Feedback.objects.values_list("helpful", "comment")) == [(False, "Which <b>year</b>?")]

    shown.get_by_role("link", name="Your comment").click()
    expect(shown.get_by_role("textbox")).to_have_value("Which <b>year</b>?")
    shown.get_by_role("link", name="Not now").click()
    expect(shown.get_by_role("textbox")).to_have_count(0)
    expect(down).to_be_focused()


def test_ask_again_makes_a_new_answer_in_the_same_conversation(open_page, handbook, alice, model):
    watched = open_page()
    sign_in(watched, alice)
    ask(watched)
    finished(watched).get_by_role("button", name="Ask again").click()
    finished(watched, 2)

    assert Answer.objects.values_list("question", "conversation").distinct().count() == 1
    assert Answer.objects.count() == 2


@pytest.mark.parametrize(("width", "lines"), [(390, 1), (320, 2)])
def test_on_a_phone_the_tools_stand_in_a_row_and_the_rest_in_a_menu(open_page, handbook, alice, model, width, lines):
    watched = open_page(viewport={**PHONE, "width": width}, has_touch=True, is_mobile=True)
    sign_in(watched, alice)
    ask(watched)
    shown = finished(watched)

    box = shown.locator(".answer-tools").bounding_box()
    assert box["height"] <= 44 * lines and box["x"] + box["width"] <= width
    expect(shown.get_by_role("link", name="How this was found")).to_be_hidden()
    shown.get_by_role("button", name="More about this answer").tap()
    expect(shown.locator(".menu").get_by_role("link", name="How this was found")).to_be_in_viewport()


def test_everything_works_without_scripts(open_page, handbook, alice, model):
    watched = open_page(java_script_enabled=False)
    page = watched.page
    sign_in(watched, alice)
    page.get_by_label("Your question").fill(LEAVE)
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = Answer.objects.get()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("textbox")).to_have_value(as_markdown(answer))
    page.get_by_role("link", name="Back to the answer").click()
    page.get_by_role("button", name="This did not help").click()
    page.get_by_role("textbox").fill("Which year?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "true")
    page.locator("a.citation").first.click()
    expect(page.locator("#quote")).to_contain_text("28 days of annual leave")
    page.get_by_role("link", name="Back to the answer").click()
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".exchange")).to_have_count(2)
    assert list(Feedback.objects.values_list("helpful", "comment")) == [(False, "Which year?")]
