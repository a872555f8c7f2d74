"""Which browser and system a user agent names. Pure, and made for people: a guess at what they would call them.

Browsers name each other for the sake of old pages, so the first name found counts. Anything can be claimed.
"""

import re
from dataclasses import dataclass

BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOP(R|T|X|iOS)/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|HeadlessChrome|Chromium)/"),
    ("Safari", r"\bVersion/[\d.]+ (Mobile/\w+ )?Safari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac(intosh| OS X)\b"),
    ("Linux", r"\b(Linux|X11)\b"),
)
HELD_IN_HAND = ("iPhone", "iPad", "Android")


@dataclass(frozen=True)
class Program:
    """What somebody is signed in with; a name that is not known is empty."""

    browser: str = ""
    system: str = ""

    @property
    def in_hand(self) -> bool:
        """Whether it runs on a phone or a tablet."""
        return self.system in HELD_IN_HAND


def program_of(user_agent: str) -> Program:
    return Program(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, text)), "")
