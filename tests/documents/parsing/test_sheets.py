import pytest

from documents.parsing.content import CorruptFile, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.sheets import parse, parse_csv
from tests.documents.parsing.samples import make_xlsx, make_zip


def test_each_sheet_is_a_page_and_each_row_names_its_columns():
    content = make_xlsx({"Cups": [["Team", "Cups"], ["Leafs", 13], ["Blues", 0.1 + 0.2]], "Notes": [["Only this"]]})

    assert list(parse(content, Limits())) == [
        (2, ParsedPage(1, "Cups", "Team\tCups\nTeam: Leafs; Cups: 13\nTeam: Blues; Cups: 0.3")),
        (2, ParsedPage(2, "Notes", "Only this")),
    ]


def test_a_long_sheet_takes_several_pages_that_repeat_the_header():
    rows: list[list[str | float]] = [["Name", "Value"]]
    rows += [[f"n{number}", number] for number in range(1100)]
    content = make_xlsx({"Long": rows, "Next": [["x"]]})

    pages = list(parse(content, Limits()))

    assert [(total, page.number, page.label) for total, page in pages] == [
        (2, 1, "Long (rows 1-500)"),
        (3, 2, "Long (rows 501-1000)"),
        (4, 3, "Long (rows 1001-1101)"),
        (4, 4, "Next"),
    ]
    assert pages[2][1].text.endswith("Name: n1099; Value: 1099")


def test_a_sheet_without_cells_gives_no_page():
    assert [page.label for _, page in parse(make_xlsx({"Empty": [], "Full": [["x"]]}), Limits())] == ["Full"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_s_delimiter_is_found(delimiter):
    content = f"Name{delimiter}Age\nAnn{delimiter}30\nLee{delimiter}25"

    [(_, page)] = parse_csv(content.encode(), Limits())

    assert page.text == "Name\tAge\nName: Ann; Age: 30\nName: Lee; Age: 25"


def test_quoted_cells_may_hold_delimiters_and_line_breaks():
    assert list(parse_csv(b'Name,Text\nA,"one, two\nthree"\n', Limits())) == [
        (1, ParsedPage(1, "", "Name\tText\nName: A; Text: one, two three"))
    ]


def test_a_csv_in_a_japanese_encoding_is_read():
    [(_, page)] = parse_csv("名前,住所\n佐藤太郎,東京\n三木英子,大阪\n".encode("cp932"), Limits())

    assert page.text == "名前\t住所\n名前: 佐藤太郎; 住所: 東京\n名前: 三木英子; 住所: 大阪"


def test_a_long_csv_is_labelled_by_its_rows():
    content = "Name,Age\n" + "Ann,30\n" * 600

    assert [page.label for _, page in parse_csv(content.encode(), Limits())] == ["rows 1-500", "rows 501-601"]


def test_a_damaged_workbook_is_corrupt():
    with pytest.raises(CorruptFile):
        list(parse(make_zip({"[Content_Types].xml": "<x", "xl/workbook.xml": "<y"}), Limits()))
