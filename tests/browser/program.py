"""Which Chromium of this machine draws the pages. The first has no window to draw, and takes less of the processor."""

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium")
MISSING = "Chromium is not installed (apt-get install chromium-headless-shell)"


def chromium() -> str | None:
    """Its path; None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
