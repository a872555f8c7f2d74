import io

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from documents.parsing.content import CorruptFile, FileTooLarge, Heading, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.slides import parse
from tests.documents.parsing.samples import make_zip

BOX = (Inches(1), Inches(1), Inches(4), Inches(2))


def saved(presentation) -> bytes:
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def presentation_of(*titles: str):
    presentation = pptx.Presentation()
    for title in titles:
        presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = title
    return presentation


def test_each_slide_is_a_page_with_its_title_as_heading():
    content = saved(presentation_of("One", "Two"))

    assert list(parse(content, Limits())) == [
        (2, ParsedPage(1, "", "One", (Heading(0, 1, "One"),))),
        (2, ParsedPage(2, "", "Two", (Heading(0, 1, "Two"),))),
    ]


def test_tables_groups_charts_and_notes_are_read():
    presentation = presentation_of("All")
    slide = presentation.slides[0]
    table = slide.shapes.add_table(2, 3, *BOX).table
    for position, text in enumerate(["a", "b", "c", "1", "2", "3"]):
        table.cell(position // 3, position % 3).text = text
    slide.shapes.add_group_shape().shapes.add_textbox(*BOX).text_frame.text = "Grouped"
    data = CategoryChartData()
    data.categories = ["2022", "2023"]
    data.add_series("Sales", (10, 12.5))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *BOX, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Growth"
    slide.notes_slide.notes_text_frame.text = "Say hello."

    [(_, page)] = parse(saved(presentation), Limits())

    assert page.text == (
        "All\n\na\tb\tc\na: 1; b: 2; c: 3\n\nGrouped\n\nGrowth\nSales: 2022: 10; 2023: 12.5\n\nNotes: Say hello."
    )


def test_too_many_slides_are_refused():
    with pytest.raises(FileTooLarge):
        list(parse(saved(presentation_of("One", "Two")), Limits(max_pages=1)))


def test_a_zip_that_is_no_presentation_is_corrupt():
    with pytest.raises(CorruptFile):
        list(parse(make_zip({"[Content_Types].xml": "<x", "ppt/presentation.xml": ""}), Limits()))
