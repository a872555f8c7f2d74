"""Typed reading of environment variables."""

from pathlib import Path

import pytest

from qabot.environment import ConfigurationError, Environment, read_env_file


def problem_of(environment: Environment) -> str:
    with pytest.raises(ConfigurationError) as raised:
        environment.check()
    return str(raised.value)


def test_values_are_read_as_their_types():
    environment = Environment(
        {"A": " x ", "B": "Yes", "C": "0", "D": "1_000", "E": "https://a.example/v1/", "F": "a, b,"}
    )

    read = (
        environment.text("A"),
        environment.boolean("B", False),
        environment.boolean("C", True),
        environment.integer("D", 1),
        environment.url("E"),
        environment.listed("F"),
    )

    assert read == ("x", True, False, 1000, "https://a.example/v1", ["a", "b"])
    environment.check()


def test_what_is_unset_or_empty_has_its_default():
    environment = Environment({"A": "", "B": "  "})

    read = (
        environment.text("A", "x"),
        environment.boolean("B", True),
        environment.integer("C", 7),
        environment.optional_integer("D"),
        environment.url("E"),
        environment.listed("F", ["z"]),
    )

    assert read == ("x", True, 7, None, "", ["z"])
    environment.check()


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("30/m", (30, 60)),
        ("10/15m", (10, 900)),
        ("5/s", (5, 1)),
        ("1/d", (1, 86_400)),
        ("0", None),
        ("", (7, 3600)),
    ],
)
def test_a_rate_says_how_often_in_how_many_seconds(value: str, rate: tuple[int, int] | None):
    environment = Environment({"NAME": value})

    assert environment.rate("NAME", "7/h") == rate
    environment.check()


@pytest.mark.parametrize("value", ["often", "30", "30/x", "0/m", "-1/m", "30/0m", "1/2d", "3.5/m", "m/30"])
def test_a_rate_that_cannot_be_used_is_a_sentence(value: str):
    environment = Environment({"NAME": value})
    environment.rate("NAME", "7/h")

    assert problem_of(environment) == (
        f"NAME must say how often in how long, a day at most, like 30/m or 10/15m, not {value!r}."
    )


@pytest.mark.parametrize(
    ("value", "read", "sentence"),
    [
        ("maybe", "boolean", "NAME must be 1 or 0 (also true/false, yes/no, on/off), not 'maybe'."),
        ("many", "integer", "NAME must be a whole number, not 'many'."),
        ("1.5", "integer", "NAME must be a whole number, not '1.5'."),
        ("0", "integer", "NAME must be between 1 and 9, not 0."),
        ("10", "integer", "NAME must be between 1 and 9, not 10."),
        ("LOUD", "choice", "NAME must be one of INFO, DEBUG, not 'LOUD'."),
        ("ftp://a.example", "url", "NAME must be an address that starts with http:// or https://."),
        ("http://", "url", "NAME must be an address that starts with http:// or https://."),
        ("http://a:port/", "url", "NAME must be an address that starts with http:// or https://."),
    ],
)
def test_a_value_that_cannot_be_used_is_a_sentence(value: str, read: str, sentence: str):
    environment = Environment({"NAME": value})
    {
        "boolean": lambda: environment.boolean("NAME", False),
        "integer": lambda: environment.integer("NAME", 5, minimum=1, maximum=9),
        "choice": lambda: environment.choice("NAME", "INFO", ["INFO", "DEBUG"]),
        "url": lambda: environment.url("NAME"),
    }[read]()

    assert problem_of(environment) == sentence


def test_all_problems_are_told_at_once():
    environment = Environment({"A": "x", "B": "y"})
    environment.integer("A", 1)
    environment.integer("B", 1)

    assert problem_of(environment) == "A must be a whole number, not 'x'. B must be a whole number, not 'y'."


def test_an_env_file_gives_names_and_values(tmp_path: Path):
    file = tmp_path / ".env"
    file.write_text("# comment=1\nA=1\nexport B='two words'\n\nC = \"a=b\"\nnothing\nD=\n")

    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "a=b", "D": ""}


def test_no_env_file_gives_nothing(tmp_path: Path):
    assert read_env_file(tmp_path / ".env") == {}
