import pytest

from documents.parsing.content import CorruptFile, EncryptedFile, Heading
from documents.parsing.limits import Limits
from documents.parsing.odt import parse
from tests.documents.parsing.samples import make_odt, make_zip


def test_headings_paragraphs_lists_and_tables_come_in_order():
    body = (
        '<office:text><text:h text:outline-level="2">Title</text:h><text:p>one<text:s text:c="2"/>two<text:line-break/>'
        "<text:span>three</text:span> four</text:p><text:list><text:list-item><text:p>item</text:p></text:list-item>"
        "</text:list><table:table><table:table-header-rows><table:table-row>"
        + "".join(f"<table:table-cell><text:p>{name}</text:p></table:table-cell>" for name in ("a", "b", "c"))
        + "</table:table-row></table:table-header-rows><table:table-row>"
        + "".join(f"<table:table-cell><text:p>{name}</text:p></table:table-cell>" for name in ("1", "2", "3"))
        + "</table:table-row></table:table></office:text>"
    )

    [(_, page)] = parse(make_odt(body), Limits())

    assert page.text == "Title\n\none  two\nthree four\n\nitem\n\na\tb\tc\na: 1; b: 2; c: 3"
    assert page.headings == (Heading(0, 2, "Title"),)


def test_headers_and_footers_come_last():
    content = make_odt("<text:p>Body</text:p>", styles="<style:footer><text:p>Foot</text:p></style:footer>")

    assert [page.text for _, page in parse(content, Limits())] == ["Body\n\nFoot"]


def test_an_encrypted_document_says_so():
    with pytest.raises(EncryptedFile):
        list(parse(make_zip({"META-INF/manifest.xml": "<manifest:encryption-data/>", "content.xml": "?"}), Limits()))


def test_a_document_without_content_is_corrupt():
    with pytest.raises(CorruptFile):
        list(parse(make_zip({"META-INF/manifest.xml": ""}), Limits()))
