import io

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from documents.parsing.content import CorruptFile, Heading
from documents.parsing.limits import Limits
from documents.parsing.office_word import parse
from tests.documents.parsing.samples import make_zip


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def read(document):
    [(_, page)] = parse(saved(document), Limits())
    return page


def test_headings_paragraphs_and_tables_come_in_document_order():
    document = docx.Document()
    document.add_heading("Report", 0)
    document.add_paragraph("Before.")
    table = document.add_table(2, 3)
    for position, text in enumerate(["Team", "Town", "Cups", "Leafs", "Toronto", "13"]):
        table.cell(position // 3, position % 3).text = text
    document.add_heading("Results", 2)

    page = read(document)

    assert page.text == "Report\n\nBefore.\n\nTeam\tTown\tCups\nTeam: Leafs; Town: Toronto; Cups: 13\n\nResults"
    assert page.headings == (Heading(0, 1, "Report"), Heading(70, 2, "Results"))


def test_content_controls_and_insertions_are_read_and_deletions_are_not():
    document = docx.Document()
    body = document.element.body
    body.insert(0, parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control,</w:t></w:r>"
        "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins><w:del><w:r><w:delText> deleted</w:delText></w:r></w:del>"
        "<w:r><w:br/><w:t>next</w:t><w:tab/><w:t>line</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    ))  # fmt: skip

    assert read(document).text == "In a control, inserted\nnext\tline"


def test_a_style_based_on_a_heading_is_a_heading():
    document = docx.Document()
    style = document.styles.add_style("Chapter", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 3"]
    document.add_paragraph("Here", style="Chapter")

    assert read(document).headings == (Heading(0, 3, "Here"),)


def test_headers_and_footers_come_last_and_once():
    document = docx.Document()
    document.add_paragraph("Body")
    document.sections[0].header.paragraphs[0].text = "ACME"
    document.sections[0].footer.paragraphs[0].text = "ACME"

    assert read(document).text == "Body\n\nACME"


def test_merged_cells_keep_the_columns_apart():
    document = docx.Document()
    table = document.add_table(2, 4)
    for column, text in enumerate("abcd"):
        table.cell(0, column).text = text
    merged = table.cell(1, 0).merge(table.cell(1, 1))
    merged.text = "1"
    table.cell(1, 3).text = "4"

    assert read(document).text == "a\tb\tc\td\na: 1; d: 4"


def test_a_table_in_a_table_is_read_once():
    document = docx.Document()
    outer = document.add_table(1, 1)
    outer.cell(0, 0).text = "outer"
    outer.cell(0, 0).add_table(1, 1).cell(0, 0).text = "inner"

    assert read(document).text == "outer inner"


def test_a_zip_that_is_no_word_file_is_corrupt():
    with pytest.raises(CorruptFile):
        list(parse(make_zip({"[Content_Types].xml": "<x", "word/document.xml": ""}), Limits()))
