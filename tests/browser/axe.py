"""Have axe-core look at a page. It is run from outside of the page, so the content security policy stands as it is."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """([rules, colours]) => axe.run(document, {
  runOnly: colours ? { type: "rule", values: ["color-contrast"] } : { type: "tag", values: rules },
  resultTypes: ["violations"],
  preload: false,
})"""


@cache
def _script() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, *, only_colours: bool = False, forgiven: Sequence[str] = ()) -> list[str]:
    """What axe objects to, one line for each element: the rule, the element, what is wrong and where to read on."""
    page.wait_for_load_state("load")  # without its style sheets a page is another one
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_script())
    found = page.evaluate(RUN, [RULES, only_colours])
    broken = [rule for rule in found["violations"] if rule["id"] not in forgiven]
    return [_line(rule, node) for rule in broken for node in rule["nodes"]]


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join(node["failureSummary"].split())
    return f"{rule['id']}: {node['html'][:200]}\n    {why}\n    {rule['helpUrl']}"
