import pytest

from documents.parsing.content import ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.plain_text import decode, parse


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_decoded_with_and_without_a_mark(encoding):
    text = "A test of Ünïcode, long enough to tell: 日本語"

    assert decode(text.encode(encoding)).lstrip("\ufeff") == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die schöne Frau läuft über die Straße.", "cp1252"),
        ("L'été était très chaud. Un café à la crème, 3,50 €.", "cp1252"),
        ("El niño comió paella. ¡Qué rico!", "cp1252"),
        ("Každý člověk je svobodný. Příliš žluťoučký kůň úpěl", "cp1250"),
        ("Każdy człowiek rodzi się wolny i równy pod względem godności", "cp1250"),
        ("Все люди рождаются свободными и равными в своем достоинстве", "cp1251"),
        ("すべての人間は、生れながらにして自由であり", "cp932"),
        ("人人生而自由,在尊严和权利上一律平等", "gb18030"),
    ],
)
def test_legacy_encodings_are_told_by_their_letters(text, encoding):
    assert decode(text.encode(encoding)) == text


def test_damage_in_unicode_does_not_make_it_something_else():
    text = "日本語のテキスト" * 100

    assert decode(text.encode()[:-1]).startswith(text[:-1])


def test_paragraphs_become_one_page():
    pages = list(parse(b"One\r\ntwo\r\n\r\n\r\n  three\x00\x0cfour", Limits()))

    assert pages == [(1, ParsedPage(1, "", "One\ntwo\n\nthree\nfour"))]


def test_a_long_text_is_cut_into_parts():
    pages = list(parse(b"A paragraph of some words.\n\n" * 3000, Limits()))

    assert [(total, page.number, page.label) for total, page in pages] == [
        (3, 1, "part 1"), (3, 2, "part 2"), (3, 3, "part 3"),
    ]  # fmt: skip
