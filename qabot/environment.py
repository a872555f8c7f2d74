"""Read typed values from environment variables. Knows nothing of Django, nor of which variables there are."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
RATE = re.compile(r"([0-9]{1,9})/([0-9]{0,6})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class ConfigurationError(Exception):
    """An environment variable has a value that cannot be used."""


class Environment:
    """Typed reading: a bad value is noted and its default used, and `check` raises all that was noted at once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.names_read: set[str] = set()  # for the test that compares them with the documentation
        self._problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The value without surrounding space; an empty value counts as unset."""
        self.names_read.add(name)
        return self._variables.get(name, "").strip() or default

    def boolean(self, name: str, default: bool) -> bool:
        word = self.text(name).lower()
        if word in TRUE_WORDS:
            return True
        if word and word not in FALSE_WORDS:
            self.reject(f"{name} must be 1 or 0 (also true/false, yes/no, on/off), not {word!r}.")
            return default
        return False if word else default

    def integer(self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
        value = self.optional_integer(name, minimum=minimum, maximum=maximum)
        return default if value is None else value

    def optional_integer(self, name: str, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int | None:
        value = self.text(name)
        if not value:
            return None
        try:
            number = int(value.replace("_", ""))
        except ValueError:
            self.reject(f"{name} must be a whole number, not {value!r}.")
            return None
        if not minimum <= number <= maximum:
            self.reject(f"{name} must be between {minimum:,} and {maximum:,}, not {number:,}.")
            return None
        return number

    def rate(self, name: str, default: str) -> tuple[int, int] | None:
        """How often in how many seconds: "30/m", "10/15m"; None for "0", which turns a limit off."""
        value = self.text(name, default)
        if value == "0":
            return None
        found = RATE.fullmatch(value)
        count, seconds = (int(found[1]), int(found[2] or 1) * SECONDS[found[3]]) if found else (0, 0)
        if not count or not 0 < seconds <= SECONDS["d"]:
            self.reject(f"{name} must say how often in how long, a day at most, like 30/m or 10/15m, not {value!r}.")
            return None
        return count, seconds

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        value = self.text(name, default).upper()
        if value not in choices:
            self.reject(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
            return default
        return value

    def url(self, name: str, default: str = "") -> str:
        """An http(s) address without its trailing slash."""
        value = self.text(name, default)
        if value and not _is_web_address(value):
            # The value is not repeated: an address may hold a password.
            self.reject(f"{name} must be an address that starts with http:// or https://.")
            return default
        return value.rstrip("/")

    def listed(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A list separated by commas."""
        parts = [part.strip() for part in self.text(name).split(",")]
        return [part for part in parts if part] or list(default)

    def reject(self, sentence: str) -> None:
        """Note a problem that `check` will raise."""
        if sentence not in self._problems:
            self._problems.append(sentence)

    def check(self) -> None:
        """Raise ConfigurationError with a sentence for each value that cannot be used."""
        if self._problems:
            raise ConfigurationError(" ".join(self._problems))


def read_env_file(path: Path) -> dict[str, str]:
    """The NAME=value lines of a .env file (none if there is no such file); quotes around a value are dropped."""
    if not path.is_file():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): _unquoted(value.strip()) for name, _, value in pairs}


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
