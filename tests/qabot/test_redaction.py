"""What is taken out of texts before they are logged or shown."""

import json

import pytest

from qabot.redaction import Redactor, secrets_in_address

KEY = "sk-canary-0123456789"
ODD = "p\"a'ss<wörd>&/?"
OURS = "qab_ab12cd34_" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {KEY}", "Bearer [secret]"),
        (f"{KEY}{KEY}", "[secret][secret]"),
        (f"{KEY}-and-more", "[secret]"),
        (json.dumps({"password": ODD}), '{"password": "[secret]"}'),
        (json.dumps({"password": ODD}, ensure_ascii=False), '{"password": "[secret]"}'),
        ("postgres://u:p%22a%27ss%3Cw%C3%B6rd%3E%26%2F%3F@h/d", "postgres://u:[secret]@h/d"),
        ("<td>p&quot;a&#x27;ss&lt;wörd&gt;&amp;/?</td>", "<td>[secret]</td>"),
        (f"'{OURS}'", "'[secret]'"),
        ("a short secret is in many words", "a short secret is in many words"),
        ("qab_ab12cd34_…", "qab_ab12cd34_…"),
    ],
)
def test_secrets_come_out_however_they_are_written(text: str, shown: str):
    assert Redactor([KEY, f"{KEY}-and-more", ODD, "short"])(text) == shown


def test_a_redactor_shows_none_of_what_it_knows():
    assert repr(Redactor([KEY])) == "Redactor()"


def test_without_secrets_it_still_knows_our_keys():
    assert Redactor()(f"{OURS} {KEY}") == f"[secret] {KEY}"


@pytest.mark.parametrize(
    ("address", "secrets"),
    [
        ("postgres://u:p%40ss@h:5432/d?sslmode=require&sslpassword=two", ["p%40ss", "p@ss", "two"]),
        ("https://models.example/v1?api-key=one&version=2", ["one"]),
        ("https://models.example/v1", []),
        ("", []),
        ("http://[bad", []),
    ],
)
def test_an_address_tells_the_secrets_it_holds(address: str, secrets: list[str]):
    assert secrets_in_address(address) == secrets
