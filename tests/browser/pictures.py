"""Screenshots to look at, and the looks that pages are opened in. Nothing compares a picture: they are for eyes."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page

from tests.browser.visiting import PHONE

# Taking them costs the browser's tests time, so they are taken where PICTURES=1 asks for them.
KEPT = os.environ.get("PICTURES") == "1"
FOLDER = Path(settings.BASE_DIR) / "test-artefacts"

LOOKS: dict[str, dict[str, Any]] = {
    "wide": {},
    "wide-dark": {"color_scheme": "dark"},
    "phone": {"viewport": PHONE},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
}
SEEN = LOOKS if KEPT else {look: LOOKS[look] for look in ("wide", "phone-dark")}
"""What a test goes through: every look for pictures, else each width and each colour scheme once."""


def keep_picture(page: Page, name: str) -> None:
    """Keep what the window shows as `test-artefacts/NAME.png`."""
    if KEPT:
        path = FOLDER / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
