import pytest

from documents.parsing.content import CorruptFile, EncryptedFile, Heading, ParsedPage
from documents.parsing.epub import parse
from documents.parsing.limits import Limits
from documents.parsing.paging import PAGE_CHARACTERS
from tests.documents.parsing.samples import make_epub, make_zip


def test_each_part_is_a_page_called_by_its_path():
    content = make_epub({"text/b.xhtml": "<h1>Begin</h1><p>One</p>", "a.xhtml": "<p>Two</p>"})

    assert list(parse(content, Limits())) == [
        (2, ParsedPage(1, "EPUB/text/b.xhtml", "Begin\n\nOne", (Heading(0, 1, "Begin"),))),
        (2, ParsedPage(2, "EPUB/a.xhtml", "Two")),
    ]


def test_a_long_part_takes_several_pages_of_the_same_name():
    content = make_epub({"a.xhtml": f"<p>{'x' * PAGE_CHARACTERS}</p><h2>Next</h2>", "b.xhtml": "<p>End</p>"})

    assert [(total, page.number, page.label) for total, page in parse(content, Limits())] == [
        (2, 1, "EPUB/a.xhtml"),
        (3, 2, "EPUB/a.xhtml"),
        (3, 3, "EPUB/b.xhtml"),
    ]


def test_a_copy_protected_book_says_so():
    with pytest.raises(EncryptedFile):
        list(parse(make_zip({"META-INF/rights.xml": ""}), Limits()))


@pytest.mark.parametrize(
    "parts", [{"mimetype": "x"}, {"META-INF/container.xml": "<c/>"}, {"META-INF/container.xml": "<"}]
)
def test_a_book_without_its_package_is_corrupt(parts):
    with pytest.raises(CorruptFile):
        list(parse(make_zip(parts), Limits()))
