"""Take secrets out of a text that is about to be logged or shown. Pure: knows no settings and no Django.

Nothing should put a secret there in the first place; this is for the day when something does.
"""

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

MIN_SECRET_CHARACTERS = 8  # a shorter one would blot out ordinary words, and is no secret
MASK = "[secret]"
API_KEY = r"qab_[a-z0-9]{8}_[0-9a-f]{64}"  # what `qabot.api_keys` makes
TELLING_NAME = re.compile(r"key|token|secret|passw|signature|^sig$", re.IGNORECASE)


class Redactor:
    """Call it with a text: the secrets it was made with, and API keys of ours, come out as `[secret]`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = (secret for secret in secrets if len(secret) >= MIN_SECRET_CHARACTERS)
        spellings = {spelling for secret in long_enough for spelling in _spellings(secret)}
        # The longest first: of two secrets that begin alike, no end must be left over.
        alternatives = [re.escape(spelling) for spelling in sorted(spellings, key=len, reverse=True)]
        self._pattern = re.compile("|".join([*alternatives, API_KEY]))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(MASK, text)

    def __repr__(self) -> str:
        return "Redactor()"


def secrets_in_address(address: str) -> list[str]:
    """The password of an address, and the values of its query that are named like a secret, as they stand and decoded.

    An address that cannot be read holds none: it is refused elsewhere.
    """
    try:
        parts = urlsplit(address)
        password = parts.password or ""
    except ValueError:
        return []
    named = [value for name, value in parse_qsl(parts.query) if TELLING_NAME.search(name)]
    return [secret for secret in [password, unquote(password), *named] if secret]


def _spellings(secret: str) -> set[str]:
    """As it stands, and as JSON, `repr`, HTML and addresses write it."""
    as_json = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {secret, *as_json, repr(secret)[1:-1], html.escape(secret), quote(secret), quote(secret, "")}
