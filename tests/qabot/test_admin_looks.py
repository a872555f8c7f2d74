"""The admin's style sheet repeats the tokens of the other pages: they are to stay the same."""

import re
from pathlib import Path

from django.conf import settings

SHEETS = Path(settings.BASE_DIR) / "static" / "css"
TOKEN = re.compile(r"(--[a-z-]+): ([^;]+);")


def tokens(name: str) -> dict[str, str]:
    """The custom properties of a sheet's first rule that have values of their own, by name."""
    sheet = (SHEETS / name).read_text(encoding="utf-8")
    first = sheet[sheet.index(":root") : sheet.index("}", sheet.index(":root"))]
    return {token: value for token, value in TOKEN.findall(first) if not value.startswith("var(")}


def test_the_admins_tokens_are_those_of_the_other_pages():
    shared, admins = tokens("base.css"), tokens("admin.css")

    assert {"--paper", "--ink", "--accent", "--danger", "--warn"} <= admins.keys()
    assert {name: value for name, value in admins.items() if shared.get(name) != value} == {}


def test_the_admins_sheet_uses_no_colour_but_tokens():
    sheet = (SHEETS / "admin.css").read_text(encoding="utf-8")
    rules = sheet[sheet.index("}") :]

    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;, )])|rgb\(|hsl\(", rules) == []
