"""axe-core finds nothing on any page in any state: wide and on a phone, light and dark."""

from collections.abc import Callable

import pytest

from tests.browser.axe import violations
from tests.browser.pages import STATES, State
from tests.browser.visiting import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("state", [state for state in STATES if state.ours], ids=lambda state: state.slug)
def test_axe_finds_nothing(state: State, visit: Callable[..., Visit]):
    visitor = visit(state.person, viewport=state.viewport)
    state.show(visitor)
    found: dict[str, list[str]] = {}
    for width, viewport in state.widths.items():
        visitor.resize(viewport)
        visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found[f"{width}, light"] = violations(visitor.page, forgiven=state.forgiven)
        visitor.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found[f"{width}, dark"] = violations(visitor.page, only_colours=True)

    if any(found.values()):
        pytest.fail(_report(state, found), pytrace=False)


def _report(state: State, found: dict[str, list[str]]) -> str:
    return "\n".join(f"{state.name}, {where}: {line}" for where, lines in found.items() for line in lines)
