import pytest

from documents.parsing.rows import labelled_row, number_text, plain_rows, rows_with_header, text_table


def test_each_row_names_its_columns():
    rows = [["Team", "Location"], ["Maple Leafs", "Toronto"], ["", ""], ["Blues", ""]]

    assert list(rows_with_header(rows)) == [
        "Team\tLocation",
        "Team: Maple Leafs; Location: Toronto",
        "Team: Blues",
    ]


def test_a_title_above_the_header_is_kept():
    rows = [["Stanley Cups", "", ""], ["Team", "Location", "Cups"], ["Blues", "STL", "1"]]

    assert list(rows_with_header(rows)) == [
        "Stanley Cups",
        "Team\tLocation\tCups",
        "Team: Blues; Location: STL; Cups: 1",
    ]


def test_years_can_be_a_header():
    assert list(rows_with_header([["", "2022", "2023"], ["Revenue", "10", "12"]])) == [
        "2022\t2023",
        "Revenue; 2022: 10; 2023: 12",
    ]


def test_a_table_of_numbers_has_no_header():
    assert list(rows_with_header([["1", "2"], ["3", "4"]])) == ["1\t2", "3\t4"]


def test_a_list_in_one_column_has_no_header():
    assert list(rows_with_header([["apples"], ["pears"]])) == ["apples", "pears"]


def test_cells_beyond_the_header_stand_alone():
    assert labelled_row(["A"], ["1", "2"]) == "A: 1; 2"


def test_pairs_in_a_text_are_not_taken_for_a_header():
    assert list(text_table([["Name", "Alice"], ["Town", "Paris"]])) == ["Name\tAlice", "Town\tParis"]


def test_a_wide_table_in_a_text_has_its_header_named():
    assert list(text_table([["a", "b", "c"], ["1", "2", "3"]])) == ["a\tb\tc", "a: 1; b: 2; c: 3"]


def test_no_rows_give_no_lines():
    assert list(text_table([])) == list(rows_with_header([])) == list(plain_rows([["", ""]])) == []


@pytest.mark.parametrize(
    ("number", "text"), [(3.0, "3"), (-2.5, "-2.5"), (0.1 + 0.2, "0.3"), (1e20, "1e+20"), (2022.0, "2022")]
)
def test_numbers_read_as_a_spreadsheet_shows_them(number, text):
    assert number_text(number) == text
