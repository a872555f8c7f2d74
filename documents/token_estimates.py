"""Estimate how many tokens a model will count in a text. Pure: knows no model."""

import re

CHARACTERS_PER_TOKEN_LATIN = 4.0  # OpenAI's rule of thumb for English
CHARACTERS_PER_TOKEN_OTHER = 1.2  # cautious: Chinese, Japanese, Thai and Hindi are near one token a character

_OTHER_SCRIPTS = re.compile(r"[^\u0000-\u024f\u2000-\u20ff]+")


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens: 4 characters each in Latin script, 1.2 in others."""
    others = 0 if text.isascii() else sum(map(len, _OTHER_SCRIPTS.findall(text)))
    return round((len(text) - others) / CHARACTERS_PER_TOKEN_LATIN + others / CHARACTERS_PER_TOKEN_OTHER)
