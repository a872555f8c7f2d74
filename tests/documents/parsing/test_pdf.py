import pytest

from documents.parsing.content import CorruptFile, EncryptedFile, Heading, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.pdf import parse
from tests.documents.parsing.samples import make_pdf


def test_lines_keep_their_breaks():
    assert list(parse(make_pdf([["First line", "second line"]]), Limits())) == [
        (1, ParsedPage(1, "", "First line\nsecond line"))
    ]


def test_the_outline_gives_headings_where_the_page_has_their_words():
    content = make_pdf(
        [["Part I", "text"], ["Risk", "Factors", "text"]], [("PART  I", 0), ("Risk factors", 1), ("No", 1)]
    )

    assert [page.headings for _, page in parse(content, Limits())] == [
        (Heading(0, 1, "Part I"),),
        (Heading(0, 1, "Risk\nFactors"),),
    ]


def test_the_same_title_twice_on_a_page_is_found_in_order():
    [(_, page)] = parse(make_pdf([["Notes", "text", "Notes"]], [("Notes", 0), ("Notes", 0)]), Limits())

    assert page.headings == (Heading(0, 1, "Notes"), Heading(11, 1, "Notes"))


def test_page_labels_are_the_document_s_own():
    content = make_pdf([["x"], ["y"]], labels="/PageLabels<</Nums[0<</S/r>>]>>")

    assert [page.label for _, page in parse(content, Limits())] == ["i", "ii"]


def test_pages_are_parsed_one_by_one():
    pages = parse(make_pdf([["x"]] * 300), Limits())

    assert next(pages) == (300, ParsedPage(1, "", "x"))


def test_a_page_without_text_keeps_its_number():
    pages = [page for _, page in parse(make_pdf([["One"], [], ["Three"]]), Limits())]

    assert [(page.number, page.text) for page in pages] == [(1, "One"), (2, ""), (3, "Three")]


def test_a_broken_file_is_corrupt():
    with pytest.raises(CorruptFile):
        list(parse(b"%PDF-1.4 nothing more", Limits()))


def test_an_encrypted_file_says_so():
    keys = b"/O(" + b"o" * 32 + b") /U(" + b"u" * 32 + b")"
    trailer = b"trailer <</Encrypt<</Filter/Standard /V 1 /R 2 /P -4 " + keys + b">> /ID[(a)(a)] "
    content = make_pdf([["x"]]).replace(b"trailer <<", trailer)

    with pytest.raises(EncryptedFile):
        list(parse(content, Limits()))
