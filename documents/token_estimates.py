"""Estimate how many tokens a model will count in a text. Pure: knows no model."""

CHARACTERS_PER_TOKEN_LATIN = 4.0  # OpenAI's rule of thumb for English
CHARACTERS_PER_TOKEN_OTHER = 1.2  # cautious: Chinese, Japanese, Thai and Hindi are near one token a character


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens: 4 characters each in Latin script, 1.2 in others."""
    latin = sum(character < "\u0250" or "\u2000" <= character < "\u2100" for character in text)
    return round(latin / CHARACTERS_PER_TOKEN_LATIN + (len(text) - latin) / CHARACTERS_PER_TOKEN_OTHER)
