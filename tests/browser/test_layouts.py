"""Every page fits its window in every state: 320 to 2560 pixels, zoomed, from right to left, without motion."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.conftest import PHONE, WIDE
from tests.browser.pages import STATES, State
from tests.browser.pictures import keep_picture
from tests.browser.visiting import Visit
from tests.browser.world import LEAVE, OFF_TOPIC

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SIZES: dict[str, ViewportSize] = {
    "smallest": {"width": 320, "height": 640},
    "phone": PHONE,
    "zoomed to 200 %": {"width": WIDE["width"] // 2, "height": WIDE["height"] // 2},
    "tablet": {"width": 900, "height": 1100},
    "wide": WIDE,
    "widest": {"width": 2560, "height": 1300},
}
# Elements that stick out of the window at its sides, unless something around them scrolls or cuts them off on purpose.
OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  const kept = (element) => {
    for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
      if (getComputedStyle(around).overflowX !== "visible") return true;
    }
    return false;
  };
  const sticksOut = (element) => {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || !element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.closest(".visually-hidden, .skip, svg")) return false;
    return (box.left < -1 || box.right > width + 1) && !kept(element);
  };
  const outside = [...document.body.querySelectorAll("*")].filter(sticksOut).slice(0, 5);
  const found = outside.map((element) => element.outerHTML.slice(0, 120));
  const wider = document.documentElement.scrollWidth - width;
  return [...(wider > 0 ? [`the page is ${wider} px wider than its window`] : []), ...found];
}"""
MOVING = "() => document.getAnimations().filter((one) => one.playState === 'running').map((one) => one.animationName)"
LAYOUT_SHIFT_LIMIT = 0.1  # "good", by web.dev's Core Web Vitals
WATCH_SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts.push([entry.value, entry.hadRecentInput]);
  }).observe({ type: "layout-shift", buffered: true });
}"""


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.slug)
def test_nothing_is_wider_than_its_window(state: State, visit: Callable[..., Visit]):
    visitor = visit(state.person, viewport=state.viewport)
    state.show(visitor)
    wrong: dict[str, list[str]] = {}
    for name, size in sizes_of(state).items():
        visitor.resize(size)
        wrong[name] = visitor.page.evaluate(OUTSIDE)
        for scheme in schemes(size):
            visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            keep_picture(visitor.page, f"states/{state.slug}-{size['width']}-{scheme}")
    wrong["moving in spite of reduced motion"] = visitor.page.evaluate(MOVING)
    visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce", forced_colors="active")
    for size in state.widths.values():
        visitor.resize(size)
        wrong[f"{size['width']} px, forced colours"] = visitor.page.evaluate(OUTSIDE)
        visitor.page.evaluate("() => document.documentElement.setAttribute('dir', 'rtl')")
        wrong[f"{size['width']} px, from right to left"] = visitor.page.evaluate(OUTSIDE)
        visitor.page.evaluate("() => document.documentElement.removeAttribute('dir')")

    if any(wrong.values()):
        report = "\n".join(f"{state.name}, {where}: {line}" for where, lines in wrong.items() for line in lines)
        pytest.fail(report, pytrace=False)


def sizes_of(state: State) -> dict[str, ViewportSize]:
    widest = max(size["width"] for size in state.widths.values())
    return {name: size for name, size in SIZES.items() if state.viewport == WIDE or size["width"] <= widest}


def schemes(size: ViewportSize) -> tuple[Literal["light", "dark"], ...]:
    """What a picture is kept of."""
    return ("dark", "light") if size in (WIDE, PHONE) else ()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_jumps_while_an_answer_comes(viewport: ViewportSize, visit: Callable[..., Visit]):
    visitor = visit("alice", viewport=viewport)
    visitor.model("slow:0.02")
    page = visitor.page
    visitor.goto("/")
    page.evaluate(WATCH_SHIFTS)

    for number, question in enumerate((LEAVE, OFF_TOPIC, "When may the dome of the telescope be opened?"), start=1):
        visitor.ask(question)
        page.wait_for_function("n => document.querySelectorAll('.exchange[data-answer]').length === n", arg=number)

    shifts = page.evaluate("() => window.shifts")
    moved = sum(value for value, asked_for in shifts if not asked_for)
    print(f"layout shift at {viewport['width']} px: {moved:.4f} in {len(shifts)} shifts")
    assert moved < LAYOUT_SHIFT_LIMIT
