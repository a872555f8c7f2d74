"""Reading CSV files of golden questions, also those that people really send."""

import pytest

from answers.evaluation.golden_table import MAX_CSV_BYTES, MAX_ROWS, ImportRefused, TableRow, read_table

ROW = "question,text\nHow tall?,330 metres\n"


def refused(content: bytes) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as refusal:
        read_table(content)
    return refusal.value.problems


def test_every_column_is_read_whatever_it_is_called():
    table = read_table(
        b"Question;Expected document;expected_quote;Answer;Collection;ANSWERABLE;Owner\n"
        b"How  tall?;tower.txt;is 330 metres tall;330 metres;reports;Yes;Bob\n"
        b"Who won?;;;;;no;\n"
    )

    assert table.rows == (
        TableRow(2, "How tall?", "tower.txt", "is 330 metres tall", "330 metres", "reports", True),
        TableRow(3, "Who won?", answerable=False),
    )
    assert table.unused_columns == ("Owner",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_spreadsheets_are_read(encoding: str):
    rows = read_table("question\ttext\nWie groß?\t330 Meter\n".encode(encoding)).rows

    assert rows == (TableRow(2, "Wie groß?", text="330 Meter"),)


def test_lines_are_counted_as_an_editor_counts_them():
    table = read_table(b'question,text\r\n"How\ntall?","330\nmetres"\r\n\r\nWho?,Bob\r\n')

    assert table.rows == (TableRow(2, "How tall?", text="330\nmetres"), TableRow(6, "Who?", text="Bob"))


def test_a_formula_stays_text_and_control_characters_go():
    rows = read_table(b'question,text\n"=HYPERLINK(""http://x"")\x00",@SUM(1)\n').rows

    assert rows == (TableRow(2, '=HYPERLINK("http://x")', text="@SUM(1)"),)


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", ("The file is empty.",)),
        (b"\xef\xbb\xbf \n\n", ("The file is empty.",)),
        (b"question,text\n", ("The file has a line of column names, and no questions.",)),
        (b"frage,text\na,b\n", ("There is no column called “question”. The columns are: frage, text.",)),
        (b"question,text,answer\na,b,c\n", ("There are two columns for the text.",)),
        (
            "question,text\ngroß?,b\n".encode("cp1252"),
            ("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.",),
        ),
        (b'question,text\n"open,b\n', ("Line 2 is not CSV: unexpected end of data.",)),
        (b'question,text\na,b\n"a"b,c\n', ("Line 3 is not CSV: ',' expected after '\"'.",)),
        (b"question\n" + b"a\n" * (MAX_ROWS + 1), ("The file has 2,001 questions; 2,000 at a time can be imported.",)),
        (b"x" * (MAX_CSV_BYTES + 1), ("The file is larger than 2 MB.",)),
        (b"\x89PNG\r\n\x1a\n\x00", ("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.",)),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, problems: tuple[str, ...]):
    assert refused(content) == problems


def test_every_line_that_cannot_be_used_is_named():
    content = b"question,text,answerable\n,b,\na,b,maybe\na,b,yes,too much\nfine,b,\n"

    assert refused(content) == (
        "Line 2: it has no question.",
        "Line 3: “maybe” under answerable is neither yes nor no.",
        "Line 4: it has more cells than there are columns.",
    )


def test_a_long_list_of_problems_is_cut():
    problems = refused(b"question,text\n" + b",b\n" * 60)

    assert (len(problems), problems[-1]) == (51, "… and 10 more.")
    assert read_table(ROW.encode()).unused_columns == ()
